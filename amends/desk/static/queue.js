// The queue by keyboard, claims without a new page, and word of what is new. The page works without all of it.

const rows = [...document.querySelectorAll("[data-row]")];
const help = document.getElementById("keys");
const keysAreOn = help.querySelector("[data-keys-on]");

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

// Keys

keysAreOn.checked = kept("queue-keys") !== "off";
keysAreOn.addEventListener("change", () => keep("queue-keys", keysAreOn.checked ? "on" : "off"));

for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
}

function rowOf(element) {
  return element instanceof Element ? element.closest("[data-row]") : null;
}

function step(by) {
  if (!rows.length) return;
  const at = rows.indexOf(rowOf(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  rows[next].querySelector("[data-open]").focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  c: () => rowOf(document.activeElement)?.querySelector("[data-claim]")?.requestSubmit(),
  "/": () => document.getElementById("q").select(),
  r: () => !news.hidden && news.querySelector("a").click(),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || help.open || !keysAreOn.checked) return;
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});

// Claims

async function claim(form) {
  const row = rowOf(form);
  const fault = row.querySelector("[data-fault]");
  const button = form.querySelector("button");
  const hadFocus = document.activeElement === button;
  button.disabled = true;
  fault.hidden = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      redirect: "error",
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.says ?? said.detail);
    const owner = document.createElement("strong");
    owner.textContent = "Yours";
    row.querySelector("[data-owner]").replaceChildren(owner);
    becomeGiveBack(form);
    announce(said.says);
    if (hadFocus) row.querySelector("[data-open]").focus();
  } catch (why) {
    button.disabled = false;
    fault.textContent = why instanceof TypeError || why instanceof SyntaxError ? "It was not claimed. Load the page again." : why.message;
    fault.hidden = false;
  }
}

// What is claimed can be given back at once: the same fields, sent elsewhere.
function becomeGiveBack(form) {
  const button = form.querySelector("button");
  form.action = form.dataset.letGo;
  delete form.dataset.claim;
  button.firstChild.textContent = "Give back";
  button.classList.add("quiet");
  button.disabled = false;
}

for (const form of document.querySelectorAll("[data-claim]")) {
  form.addEventListener("submit", (event) => {
    if (!("claim" in form.dataset)) return;
    event.preventDefault();
    claim(form);
  });
}

const voice = document.createElement("p");
voice.className = "unseen";
voice.setAttribute("role", "status");
document.getElementById("main").append(voice);

function announce(words) {
  voice.textContent = words;
}

// News

const news = document.querySelector("[data-news]");

function several(count, one, many) {
  return count === 1 ? `1 ${one}` : `${count.toLocaleString("en-GB")} ${many}`;
}

const stream = new EventSource(news.dataset.news);
stream.addEventListener("news", (event) => {
  const { cases, messages } = JSON.parse(event.data);
  const parts = [];
  if (cases) parts.push(several(cases, "new case", "new cases"));
  if (messages) parts.push(several(messages, "new message", "new messages"));
  if (!parts.length) return;
  news.querySelector("[data-news-says]").textContent = `${parts.join(" and ")} since you opened this page.`;
  news.hidden = false;
});

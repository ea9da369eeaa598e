// The keyboard of the review pages, and checks while somebody types. Without it everything is there, by links and buttons.

const typing = (target) => target.closest("input, textarea, select") !== null;

const rows = () => [...document.querySelectorAll("[data-row] .review-open")];

const step = (by) => {
  const links = rows();
  const here = links.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
  const there = links[Math.min(links.length - 1, Math.max(0, here === -1 && by < 0 ? 0 : here + by))];
  if (there) {
    there.focus();
    there.closest("[data-row]").scrollIntoView({ block: "nearest" });
  }
};

const unfold = (id, field) => {
  const fold = document.getElementById(id);
  if (!fold) return false;
  fold.open = true;
  document.getElementById(field).focus();
  return true;
};

const press = (key) => {
  if (key === "?") {
    const list = document.querySelector("[data-keys]");
    list.open = !list.open;
    list.querySelector("summary").focus();
    return true;
  }
  if (document.querySelector("[data-list]") && (key === "j" || key === "k")) {
    step(key === "j" ? 1 : -1);
    return true;
  }
  if (key === "e") return unfold("edit-fold", "text");
  if (key === "r") return unfold("reject-fold", "reason");
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return false;
  if (found instanceof HTMLAnchorElement) found.click();
  else found.focus();
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && typing(event.target)) {
    event.target.blur();
    return;
  }
  if (!typing(event.target) && press(event.key)) event.preventDefault();
});

const editor = document.querySelector("[data-editor]");
if (editor) {
  const tried = document.getElementById("tried");
  const text = document.getElementById("text");
  editor.querySelector("[data-check-button]").hidden = true;
  let waiting = 0;
  let last = null;

  const check = async () => {
    last?.abort();
    last = new AbortController();
    try {
      const answer = await fetch(editor.dataset.check, {
        method: "POST",
        body: new URLSearchParams(new FormData(editor)),
        signal: last.signal,
      });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("tried");
      if (found) tried.replaceChildren(...found.childNodes);
    } catch (why) {
      if (why.name !== "AbortError") tried.textContent = "The words could not be checked just now. They are checked when you save them.";
    }
  };

  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 300);
  });
}

// The page of a case: checks while somebody writes, who else is here, and a warning before words are lost.
"use strict";

const editor = document.getElementById("editor");
const presence = document.getElementById("presence");
const signedOut = document.getElementById("signed-out");
let writes = false;

async function posted(address, fields, headers) {
  const token = document.querySelector("input[name=csrf]");
  if (token === null) return null;
  fields.set("csrf", token.value);
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers,
      credentials: "same-origin",
    });
    signedOut.hidden = answer.status !== 403;
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

if (editor !== null) {
  const text = editor.elements.namedItem("text");
  const before = text.value;
  const checks = document.getElementById("checks");
  const blocks = document.getElementById("blocks");
  let asked = 0;
  let timer = 0;

  const look = async () => {
    const mine = ++asked;
    const found = await posted(editor.dataset.check, new FormData(editor), { "X-Part": "checks" });
    // An answer that a later question has overtaken says nothing of the words as they are now.
    if (found === null || mine !== asked) return;
    checks.innerHTML = found;
    const left = checks.querySelectorAll(".checks-block li").length;
    blocks.textContent = left ? `Not ready: ${left} thing${left === 1 ? "" : "s"} to mend, named above.` : "";
  };

  editor.addEventListener("input", () => {
    writes = text.value !== before;
    clearTimeout(timer);
    timer = setTimeout(look, 450);
  });
  editor.addEventListener("submit", () => {
    writes = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (writes) event.preventDefault();
  });
}

if (presence !== null) {
  const beat = async () => {
    if (document.hidden) return;
    const fields = new FormData();
    fields.set("seen", presence.dataset.seen);
    fields.set("writes", writes ? "yes" : "");
    const found = await posted(presence.dataset.here, fields, {});
    // Said again only when it is news: a screen reader would read it every time.
    if (found !== null && found.trim() !== presence.innerHTML.trim()) presence.innerHTML = found;
  };
  setInterval(beat, 15000);
  document.addEventListener("visibilitychange", beat);
}

// Whose case it is works on it while the page is open and something is done here; so say the queue and colleagues' pages.
if (presence !== null && presence.dataset.working !== undefined) {
  const { working } = presence.dataset;
  const DONE_WITHIN_MS = 300_000;
  let lastDone = Date.now();
  let goesOn = false;

  const renew = () => {
    if (!document.hidden && Date.now() - lastDone < DONE_WITHIN_MS) posted(`${working}/working`, new FormData(), {});
  };
  const done = () => {
    // Back after a while: say so at once.
    const wasAway = Date.now() - lastDone >= DONE_WITHIN_MS;
    lastDone = Date.now();
    if (wasAway) renew();
  };
  for (const kind of ["keydown", "pointerdown", "scroll", "input"]) {
    document.addEventListener(kind, done, { capture: true, passive: true });
  }
  document.addEventListener("submit", () => {
    goesOn = true;
  });
  renew();
  setInterval(renew, 60_000);
  window.addEventListener("pageshow", (event) => {
    goesOn = false;
    if (!event.persisted) return;
    done();
    renew();
  });
  window.addEventListener("pagehide", () => {
    const token = document.querySelector("input[name=csrf]");
    if (!goesOn && token !== null) navigator.sendBeacon(`${working}/leaving`, new URLSearchParams({ csrf: token.value }));
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.activeElement.classList.contains("flag")) document.activeElement.blur();
});

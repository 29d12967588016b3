// Says when a page is no longer the whole story. Everything works without it.
"use strict";
(() => {
  const page = document.body.dataset;
  const stale = document.getElementById("stale");
  const every = (page.refresh || 20) * 1000;
  if (!stale || !(page.refresh || page.watch)) return;

  const say = (why) => {
    stale.hidden = !why;
    for (const sentence of stale.querySelectorAll("[data-when]")) sentence.hidden = sentence.dataset.when !== why;
  };

  // It tells the console that nobody did this: an empty chair must not keep its session alive.
  const look = (address) =>
    fetch(address, { headers: { "sulku-background": "1" }, cache: "no-store", signal: AbortSignal.timeout(10000) });

  const refresh = async () => {
    const answer = await look(location.href);
    if (answer.redirected) return say("ended");
    if (!answer.ok) throw new Error("not well");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    for (const part of ["main", "footer"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
    if (focused) document.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    say("");
  };

  const compare = async () => {
    const answer = await look(page.watch);
    if (answer.redirected) return say("ended");
    if (!answer.ok) throw new Error("not well");
    say(String((await answer.json()).version) === page.version ? "" : "changed");
  };

  const turn = async () => {
    try {
      await (page.refresh ? refresh() : compare());
    } catch {
      say("old");
    }
    setTimeout(turn, every);
  };
  setTimeout(turn, every);
  document.addEventListener("visibilitychange", () => document.hidden || (page.refresh ? refresh() : compare()).catch(() => say("old")));
})();

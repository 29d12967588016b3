// Says when a page is no longer the whole story, and brings up to date what can be. Everything works without it.
"use strict";
(() => {
  const page = document.body.dataset;
  const stale = document.getElementById("stale");
  if (!stale || !(page.refresh || page.watch)) return;

  const say = (why) => {
    stale.hidden = !why;
    for (const sentence of stale.querySelectorAll("[data-when]")) sentence.hidden = sentence.dataset.when !== why;
  };

  // It tells the console that nobody did this: an empty chair must not keep its session alive.
  const look = (address) =>
    fetch(address, { headers: { "sulku-background": "1" }, cache: "no-store", signal: AbortSignal.timeout(10000) });

  // Only what has changed, so that a reader, aloud or not, stays where they are and what was ticked stays ticked.
  const exchange = (fresh) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
      if (next && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
    }
  };

  const replace = (fresh) => {
    const focused = document.activeElement && document.activeElement.getAttribute("href");
    for (const part of ["main", "footer"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
    for (const name of ["refresh", "watch", "version", "kind"]) {
      if (fresh.body.dataset[name] === undefined) delete page[name];
      else page[name] = fresh.body.dataset[name];
    }
    if (focused) document.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  };

  const refresh = async () => {
    const answer = await look(location.href);
    if (answer.redirected) return say("ended");
    if (!answer.ok) throw new Error("not well");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.kind && page.kind === fresh.body.dataset.kind) exchange(fresh);
    else if (document.querySelector("main :is(input, textarea, select):focus, main input:checked")) return say("changed");
    else replace(fresh);
    say("");
  };

  const compare = async () => {
    const answer = await look(page.watch);
    if (answer.redirected) return say("ended");
    if (!answer.ok) throw new Error("not well");
    say(String((await answer.json()).version) === page.version ? "" : "changed");
  };

  const once = () => (page.refresh ? refresh() : compare()).catch(() => say("old"));
  const turn = async () => {
    await once();
    setTimeout(turn, (page.refresh || 20) * 1000);
  };
  setTimeout(turn, (page.refresh || 20) * 1000);
  document.addEventListener("visibilitychange", () => document.hidden || once());
})();

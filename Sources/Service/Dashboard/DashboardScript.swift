// The dashboard's script: the page asks for itself, and takes over what is new.

/// `/dashboard.js`.
enum DashboardScript {
    /// The text.
    static let text = """
        "use strict";
        (() => {
          const seconds = 5;
          const live = document.querySelector(".live");
          const button = live.querySelector("button");
          live.hidden = false;
          let on = true;

          function show(state) { button.textContent = state; }

          button.addEventListener("click", () => {
            on = !on;
            button.setAttribute("aria-pressed", String(on));
            show(on ? "live" : "paused");
          });

          // A choice of the forecast is shown at once.
          document.addEventListener("change", (event) => {
            const form = event.target.closest("main form");
            if (!form) return;
            const query = new URLSearchParams(new FormData(form));
            history.replaceState(null, "", "/?" + query + "#forecast");
            event.target.blur();
            refresh();
          });

          // What a reader has opened, scrolled or reached with the keyboard stays so.
          function keep(old, fresh) {
            for (const details of old.querySelectorAll("details[open]")) {
              const same = fresh.querySelector("#" + CSS.escape(details.id));
              if (same) same.open = true;
            }
            const boxes = [...fresh.querySelectorAll(".scroll")];
            const places = [...old.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
            const focusable = "a, button, select, summary, [tabindex]";
            const focus = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
            return () => {
              boxes.forEach((box, index) => { box.scrollLeft = places[index] || 0; });
              if (focus >= 0) fresh.querySelectorAll(focusable)[focus]?.focus({ preventScroll: true });
            };
          }

          async function refresh() {
            try {
              const answer = await fetch("/" + location.search, { signal: AbortSignal.timeout(10000) });
              if (!answer.ok) throw new Error(answer.status);
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              const old = document.querySelector("main");
              const fresh = page.querySelector("main");
              const restore = keep(old, fresh);
              old.replaceWith(fresh);
              document.title = page.title;
              restore();
              document.body.classList.remove("stale");
              if (on) show("live");
            } catch {
              document.body.classList.add("stale");
              show("no answer");
            }
          }

          setInterval(() => {
            // An open list of choices is not taken away.
            const busy = document.activeElement && document.activeElement.matches("select");
            if (on && !document.hidden && !busy) refresh();
          }, seconds * 1000);
        })();

        """
}

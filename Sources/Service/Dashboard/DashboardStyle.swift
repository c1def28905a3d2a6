// The dashboard's style sheet: light and dark, from 360 pixels on. Colours are far enough apart in lightness to be told apart
// without hue.

/// `/dashboard.css`.
enum DashboardStyle {
    /// The text.
    static let text = """
        :root {
          color-scheme: light dark;
          --page: #f6f7f8; --card: #fff; --text: #1a1f24; --soft: #57606a; --line: #d8dee4; --link: #0b57b0;
          --authenticated: #1f6fb2; --anonymous: #9db8cf; --refused: #c4572b; --failed: #7a1f45; --cookie: #2f7d5b;
          --good: #1a6b45; --warn: #8a5200; --bad: #a3222c;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #14181c; --card: #1c2126; --text: #e6eaee; --soft: #a3adb8; --line: #353c44; --link: #7db4f0;
            --authenticated: #5aa5e0; --anonymous: #56708a; --refused: #e88a5f; --failed: #d36b9a; --cookie: #5db98e;
            --good: #6fcf9f; --warn: #e5b25d; --bad: #f08a8f;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--page); color: var(--text);
          font: 15px/1.45 system-ui, "Liberation Sans", "DejaVu Sans", sans-serif;
        }
        header, footer, main { max-width: 1560px; margin: 0 auto; padding: 0 16px; }
        header { display: flex; align-items: center; justify-content: space-between; padding-top: 10px; }
        h1 { font-size: 20px; margin: 6px 0; }
        h2 { font-size: 15px; margin: 0 0 8px; }
        main > *, .cards > section { margin: 0 0 14px; }
        .cards { columns: 430px; column-gap: 14px; }
        .cards > section { break-inside: avoid; }
        section, .status {
          background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px; min-width: 0;
        }
        .status { display: flex; flex-wrap: wrap; gap: 6px 28px; padding: 10px 14px; }
        .status dt { color: var(--soft); font-size: 12px; }
        .status dd { margin: 0; }
        a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
        td a, dd a { text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); }
        a:hover { text-decoration-color: currentColor; }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
        .skip { position: absolute; left: -999px; background: var(--card); padding: 6px 10px; }
        .skip:focus { left: 8px; top: 8px; z-index: 1; }
        .scroll { overflow-x: auto; margin-bottom: 8px; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--soft); font-size: 12px; padding-bottom: 4px; }
        th, td { padding: 4px 10px 4px 0; text-align: left; font-weight: normal; border-top: 1px solid var(--line); }
        thead th { color: var(--soft); font-size: 12px; border-top: 0; vertical-align: bottom; }
        th:last-child, td:last-child { padding-right: 0; }
        .n { text-align: right; white-space: nowrap; }
        tbody th { overflow-wrap: break-word; min-width: 84px; }
        @media (max-width: 480px) { .m { display: none; } }
        code { font: 12.5px/1.4 ui-monospace, "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        .meter { display: block; width: 100%; min-width: 56px; max-width: 220px; height: 8px; border-radius: 4px; }
        .track { fill: var(--line); }
        figure { margin: 0; }
        .chart { display: flex; gap: 8px; height: 180px; }
        .chart svg { display: block; flex: 1; min-width: 0; height: 100%; overflow: visible; }
        .chart line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .scale, .times { display: flex; justify-content: space-between; color: var(--soft); font-size: 12px; line-height: 1; }
        .scale { flex-direction: column; text-align: right; min-width: 34px; }
        .times { padding: 6px 0 0 42px; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 0; padding: 0; }
        .legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; }
        rect.c-authenticated { fill: var(--authenticated); } i.c-authenticated { background: var(--authenticated); }
        rect.c-anonymous { fill: var(--anonymous); } i.c-anonymous { background: var(--anonymous); }
        rect.c-refused { fill: var(--refused); } i.c-refused { background: var(--refused); }
        rect.c-failed { fill: var(--failed); } i.c-failed { background: var(--failed); }
        rect.c-cookie { fill: var(--cookie); }
        .facts { list-style: none; margin: 0 0 8px; padding: 0; }
        .good, .good a { color: var(--good); }
        .warn, .warn a { color: var(--warn); }
        .bad, .bad a { color: var(--bad); }
        p { margin: 6px 0; }
        form { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-bottom: 6px; }
        button, select {
          font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 6px;
          padding: 3px 10px; max-width: 100%;
        }
        .live button[aria-pressed=true]::before { content: "● "; color: var(--good); }
        .stale main { opacity: .55; }
        .stale .live button::before { content: "● "; color: var(--bad); }
        summary { cursor: pointer; margin: 4px 0; }
        footer { padding-top: 12px; padding-bottom: 20px; color: var(--soft); }

        """
}

/** How all pages look: light or dark as the reader's system is, on paper without what only a screen can use. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf8; --card: #fff; --ink: #23252b; --dim: #6d7280; --line: #e3e1dc; --soft: #f3f1ec; --accent: #2f6fb3; --gold: #1f8a54; --right: #1f8a54; --partly: #b07d12; --wrong: #c2402f; --failed: #78808a; --found: #ffe27a; }
@media (prefers-color-scheme: dark) { :root { --paper: #15171b; --card: #1d2026; --ink: #e2e4e8; --dim: #98a0ab; --line: #30343c; --soft: #262a31; --accent: #74aef0; --gold: #57c98c; --right: #57c98c; --partly: #e0b04c; --wrong: #ef7a68; --failed: #98a0ab; --found: #7a6410; } }
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; margin: 0; }
.wide { margin: 0 auto; max-width: 60rem; padding-left: 1.25rem; padding-right: 1.25rem; }
header { padding-bottom: .2rem; padding-top: 1.8rem; }
h1 { font-size: 1.45rem; letter-spacing: -.01em; line-height: 1.25; margin: 0 0 .7rem; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .35rem .5rem; margin: 0 0 1rem; }
dl div { background: var(--soft); border-radius: .4rem; display: flex; font-size: .86rem; gap: .45rem; max-width: 100%; overflow-wrap: anywhere; padding: .12rem .6rem; }
dt { color: var(--dim); flex: none; } dd { margin: 0; min-width: 0; }
table { border-collapse: collapse; font-size: .92rem; margin: 0 0 1rem; width: 100%; }
th { color: var(--dim); font-size: .78rem; font-weight: 500; } td, th { border-bottom: 1px solid var(--line); padding: .3rem .9rem .3rem 0; text-align: left; overflow-wrap: anywhere; }
td.n, th.n { font-variant-numeric: tabular-nums; text-align: right; } td.is { color: var(--right); font-weight: 600; }
.chart { border-radius: .35rem; display: block; height: 1.1rem; margin: 0 0 1rem; width: 100%; }
.right { --c: var(--right); } .partly { --c: var(--partly); } .wrong { --c: var(--wrong); } .failed { --c: var(--failed); }
rect { fill: var(--c); }
.problem { background: var(--card); border: 1px solid var(--wrong); border-radius: .5rem; margin: 0 0 .8rem; padding: .6rem .9rem; overflow-wrap: anywhere; }
.bar { background: var(--paper); border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 2; }
.bar .wide { align-items: center; display: flex; flex-wrap: wrap; gap: .4rem; padding-bottom: .55rem; padding-top: .55rem; }
.bar input, .bar select, .bar button { background: var(--card); border: 1px solid var(--line); border-radius: .45rem; color: inherit; font: inherit; font-size: .88rem; padding: .22rem .7rem; }
.bar input { flex: 1 1 12rem; min-width: 8rem; } .bar select { max-width: 16rem; }
.bar button { cursor: pointer; } .bar button[aria-pressed=true] { background: var(--c, var(--accent)); border-color: transparent; color: var(--card); }
.bar output { color: var(--dim); font-size: .85rem; margin-left: auto; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
main { padding-bottom: 1rem; padding-top: 1.1rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; content-visibility: auto; contain-intrinsic-size: auto 22rem; margin: 0 0 1rem; padding: .8rem 1.1rem 1rem; scroll-margin-top: 4.2rem; }
article[class]:not([class=""]) { border-left: 4px solid var(--c, var(--line)); }
article.current { box-shadow: 0 0 0 2px var(--accent); }
article h2 { align-items: baseline; display: flex; flex-wrap: wrap; font-size: 1.02rem; gap: .1rem .7rem; margin: 0; }
article h2 b { color: var(--c); font-weight: 600; } article h2 small { color: var(--dim); font-size: .84rem; font-weight: 400; margin-left: auto; }
.label { color: var(--dim); font-size: .76rem; letter-spacing: .05em; margin: .85rem 0 .2rem; text-transform: uppercase; }
.label.gold { color: var(--gold); } .label.bad { color: var(--wrong); }
pre { background: var(--soft); border-left: 3px solid transparent; border-radius: .35rem; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; margin: 0; max-height: 30rem; overflow: auto; overflow-wrap: anywhere; padding: .55rem .8rem; tab-size: 4; white-space: pre-wrap; }
pre.system { border-left-color: var(--partly); } pre.user, pre.prompt { border-left-color: var(--accent); } pre.assistant, pre.gold { border-left-color: var(--gold); } pre.bad { border-left-color: var(--wrong); }
ol { list-style: none; margin: 0; padding: 0; }
li { align-items: baseline; background: var(--soft); border-left: 3px solid transparent; border-radius: .35rem; display: flex; gap: .7rem; margin: 0 0 .25rem; padding: .3rem .8rem; }
li.gold { border-left-color: var(--gold); } li i { color: var(--dim); flex: none; font-style: normal; font-variant-numeric: tabular-nums; min-width: 1.2rem; }
li span { flex: 1; font: 13px/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; } li em { color: var(--gold); flex: none; font-size: .8rem; font-style: normal; font-weight: 600; } li em.note { color: var(--dim); font-weight: 400; }
.extracted { display: flex; flex-wrap: wrap; font-size: .9rem; gap: .2rem .9rem; margin: .5rem 0 0; } .extracted .label { margin: .1rem 0 0; }
code { background: var(--soft); border-radius: .25rem; font-size: .87em; overflow-wrap: anywhere; padding: .08rem .35rem; white-space: pre-wrap; }
details { margin: .7rem 0 0; } summary { color: var(--accent); cursor: pointer; font-size: .88rem; } details > .in { border-left: 2px solid var(--line); margin: .3rem 0 0 .2rem; padding-left: .9rem; }
mark { background: var(--found); color: inherit; border-radius: .15rem; }
footer { color: var(--dim); font-size: .82rem; padding-bottom: 2.5rem; padding-top: .5rem; } kbd { background: var(--soft); border: 1px solid var(--line); border-radius: .25rem; font-size: .92em; padding: 0 .3rem; }
@media (max-width: 40rem) { article h2 small { margin-left: 0; width: 100%; } }
@media print { :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --dim: #555; --line: #ccc; --soft: #f4f4f4; } .bar, footer { display: none; } .wide { max-width: none; padding-left: 0; padding-right: 0; } article { break-inside: avoid-page; content-visibility: visible; } article.current { box-shadow: none; } pre { max-height: none; overflow: visible; } }
`;

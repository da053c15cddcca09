import { panelScript } from './panel-script.js';
import { panelWords } from './panel-words.js';

/**
 * The page of the control API: a cabinet to act on with a mouse. One self-contained document, no build step. It speaks the browser's
 * language, or the one that `?lang=zh` or `?lang=en` asks for.
 */
export function panelPage(): string {
  return `${BODY}<script>\nconst LANGUAGES = ${JSON.stringify(panelWords())};\n${panelScript()}</script>\n</body>\n</html>\n`;
}

const BODY = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Simulated station</title>
<style>
  :root { color-scheme: light dark; --line: #8886; --good: #1a9850; --bad: #d73027; --soft: #8882; }
  body { font: 14px/1.4 system-ui, sans-serif; margin: 0 auto; max-width: 1200px; padding: 16px; }
  .top { align-items: baseline; justify-content: space-between; }
  h1 { font-size: 20px; margin: 0 0 4px; } h2 { font-size: 15px; margin: 20px 0 8px; }
  .cabinet { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 10px; }
  .slot { border: 2px solid var(--line); border-radius: 8px; padding: 10px; }
  .slot.open { border-style: dashed; border-color: var(--bad); } .slot.free { border-color: var(--good); }
  .slot header { display: flex; justify-content: space-between; font-weight: 600; }
  .bar { background: var(--soft); border-radius: 4px; height: 10px; margin: 6px 0; overflow: hidden; }
  .bar i { background: var(--good); display: block; height: 100%; }
  .row { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 6px; }
  button, select, input { font: inherit; padding: 3px 8px; }
  small { opacity: .75; } .alarm { color: var(--bad); font-weight: 600; }
  .sensed { display: block; margin-top: 4px; }
  #note { min-height: 1.4em; } #history { font-family: ui-monospace, monospace; font-size: 12px; white-space: pre-wrap; }
</style>
</head>
<body>
<div class="row top"><h1 id="title"></h1><button id="language" type="button"></button></div>
<div id="summary"></div>
<p id="note" role="status"></p>
<div class="cabinet" id="cabinet"></div>
<h2 data-word="outside"></h2>
<div class="cabinet" id="outside"></div>
<h2 data-word="reader"></h2>
<form id="scan" class="row">
  <select name="reader" data-label="readerKind"><option>qr</option><option>rfid</option></select>
  <input name="payload" data-label="payload" required maxlength="900">
  <button data-word="scan"></button>
</form>
<h2 data-word="cables"></h2>
<div class="row" id="cables"></div>
<h2 data-word="history"></h2>
<div id="history"></div>
`;

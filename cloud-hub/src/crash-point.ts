import { readFileSync } from 'node:fs';

/**
 * Test aid: `VOLTBAY_CRASH_AT=NAME` lets the hub die by SIGKILL at a named step of an order, as a power cut would; `NAME#2` at its second
 * passage, `@FILE` reads the name from a file at each passage. Undefined when nothing is wanted: then no step looks.
 */
export function checkpointFrom(value: string | undefined): ((step: string) => void) | undefined {
  if (!value) return undefined;
  let wish = '';
  let passages = 0;
  return (step) => {
    const current = value.startsWith('@') ? wishIn(value.slice(1)) : value;
    if (current !== wish) passages = 0;
    wish = current;
    const [name, nth = '1'] = current.split('#');
    if (step !== name) return;
    passages += 1;
    if (passages === Number(nth)) process.kill(process.pid, 'SIGKILL');
  };
}

function wishIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

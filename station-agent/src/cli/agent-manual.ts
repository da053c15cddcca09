import { createProgram } from './cli.js';
import { createContext } from './context.js';
import { renderManual } from './manual.js';

/** The page docs/hardware/voltbay-agent.md, in English whatever the machine speaks. */
export function agentManual(): string {
  const nowhere = { out: () => {}, err: () => {} };
  const context = createContext(
    [],
    {
      output: nowhere,
      env: {},
      widthChars: Number.POSITIVE_INFINITY,
      isTerminal: false,
      confirm: null,
      untilInterrupted: () => new AbortController().signal,
    },
    () => {},
  );
  return renderManual(createProgram(context));
}

// Runs a script's body: a set-up error is one clear message and exit 1, anything else a stack.
import { SetupError } from './install.mjs';

export async function main(body) {
  try {
    await body(process.argv.slice(2));
  } catch (error) {
    if (error instanceof SetupError) process.stderr.write(`\n${error.message}\n`);
    else process.stderr.write(`\n${error?.stack ?? error}\n`);
    process.exit(1);
  }
}

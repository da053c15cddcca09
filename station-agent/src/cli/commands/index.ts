import type { Register } from '../command-spec.js';
import { registerDecode } from './decode.js';
import { registerRun } from './run.js';
import { registerStationQuestions } from './station-questions.js';
import { registerVersion } from './version.js';

/** Every command, in the order in which `--help` lists them. */
export const COMMANDS: readonly Register[] = [
  registerRun,
  registerStationQuestions,
  registerDecode,
  registerVersion,
];

import type { Register } from '../command-spec.js';
import { registerBusTools } from './bus-tools.js';
import { registerCompletion } from './completion.js';
import { registerConfig } from './config.js';
import { registerDecode } from './decode.js';
import { registerDoctor } from './doctor.js';
import { registerDoors } from './doors.js';
import { registerLive } from './live.js';
import { registerPlaybook } from './playbook.js';
import { registerRun } from './run.js';
import { registerService } from './service.js';
import { registerSetup } from './setup.js';
import { registerStationQuestions } from './station-questions.js';
import { registerUpdate } from './update.js';
import { registerUpkeep } from './upkeep.js';
import { registerVersion } from './version.js';

/** Every command, in the order in which `--help` lists them. */
export const COMMANDS: readonly Register[] = [
  registerRun,
  registerSetup,
  registerStationQuestions,
  registerLive,
  registerDoctor,
  registerPlaybook,
  registerDoors,
  registerService,
  registerBusTools,
  registerDecode,
  registerConfig,
  registerUpkeep,
  registerUpdate,
  registerCompletion,
  registerVersion,
];

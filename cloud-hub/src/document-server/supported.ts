import { ACCUMULATORS } from './aggregate/group.js';
import {
  EXPRESSIONS,
  REFUSED_EXPRESSIONS,
  REFUSED_STAGES,
  WINDOW_OPERATORS,
} from './aggregate/operator-lists.js';
import { PIPELINE_STAGES } from './aggregate/pipeline.js';
import { UPDATE_STAGES } from './aggregate/update-pipeline.js';
import { EXPLAINABLE_COMMANDS } from './commands/explain.js';
import { OUTPUT_STAGES } from './commands/output-stages.js';
import { COMMANDS } from './commands/registry.js';
import { QUERY_OPERATORS, REFUSED_QUERY_OPERATORS } from './query/filter.js';
import { UPDATE_OPERATORS } from './update/operators.js';

/**
 * Everything by name that this server does or refuses, by the heading README.md lists it under. A test keeps the two
 * equal.
 */
export const SUPPORTED: Readonly<Record<string, readonly string[]>> = {
  Commands: Object.keys(COMMANDS),
  'Explained commands': EXPLAINABLE_COMMANDS,
  'Query operators': QUERY_OPERATORS,
  'Update operators': UPDATE_OPERATORS,
  'Update pipeline stages': UPDATE_STAGES,
  'Pipeline stages': [...PIPELINE_STAGES, ...OUTPUT_STAGES],
  Accumulators: ACCUMULATORS,
  'Window operators': WINDOW_OPERATORS,
  'Expression operators': EXPRESSIONS,
  'Refused query operators': REFUSED_QUERY_OPERATORS,
  'Refused pipeline stages': REFUSED_STAGES,
  'Refused expression operators': REFUSED_EXPRESSIONS,
};

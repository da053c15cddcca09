import { checkStages, preparePipeline } from '../aggregate/pipeline.js';
import { readDocument } from '../bson/raw-document.js';
import { type Doc, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { CommandError } from '../errors.js';
import type { Plan } from '../query/plan.js';
import type { PreparedRead } from '../query/reader.js';
import { parseSort } from '../query/sort.js';
import { inputStages, pipelineOf } from './aggregate.js';
import { type Command, type CommandContext, expressionsFor } from './context.js';
import { prepareFind } from './find.js';
import { encodeDocument } from './reply.js';
import { CommandRequest, countOption, documentOption } from './request.js';

/** What an explained command reads, and the stages that follow the read. */
interface Explained {
  readonly read: PreparedRead;
  readonly filter: Doc;
  readonly sorts: boolean;
  readonly rest?: readonly Doc[];
}

interface Selection {
  readonly filter: unknown;
  readonly sort?: unknown;
  readonly skip?: unknown;
  readonly limit: number;
  readonly hint?: unknown;
}

function explainSelection(context: CommandContext, request: CommandRequest, selection: Selection): Explained {
  const filter = documentOption(selection.filter, 'filter');
  const sort = parseSort(selection.sort);
  const read = context.reader.prepare(context.catalog.find(request.db, request.collection()), {
    filter,
    sort,
    skip: countOption(selection.skip, 'skip') ?? 0,
    limit: selection.limit,
    hint: selection.hint,
    compileExpression: expressionsFor(context, request.body.let).compileTest,
  });
  return { read, filter, sorts: sort.length > 0 };
}

/** The single statement of an explained update or delete. */
function onlyStatement(list: readonly Buffer[]): Doc {
  const [statement] = list;
  if (statement === undefined || list.length > 1) {
    throw new CommandError('BadValue', 'explained update and delete commands take exactly one statement');
  }
  return readDocument(statement);
}

const EXPLAINABLE: Record<string, (context: CommandContext, request: CommandRequest) => Explained> = {
  find: (context, request) => {
    const { read, filter } = prepareFind(context, request);
    return { read, filter, sorts: parseSort(request.body.sort).length > 0 };
  },
  aggregate: (context, request) => {
    const { pipeline, source } = pipelineOf(context, request);
    const stages = inputStages(pipeline);
    checkStages(stages);
    const prepared = preparePipeline(stages, source);
    return { read: prepared.read, filter: prepared.filter, sorts: prepared.sorts, rest: prepared.rest };
  },
  count: (context, request) => {
    const { query, skip, limit, hint } = request.body;
    const most = isNumeric(limit) ? Math.abs(toNumber(limit)) : 0;
    return explainSelection(context, request, { filter: query, skip, limit: most, hint });
  },
  distinct: (context, request) => {
    const { query, hint } = request.body;
    return explainSelection(context, request, { filter: query, limit: 0, hint });
  },
  update: (context, request) => {
    const { q, multi, hint, sort } = onlyStatement(request.list('updates'));
    return explainSelection(context, request, { filter: q, sort, limit: multi === true ? 0 : 1, hint });
  },
  delete: (context, request) => {
    const { q, limit, hint } = onlyStatement(request.list('deletes'));
    return explainSelection(context, request, { filter: q, limit: toNumber(limit), hint });
  },
  findAndModify: (context, request) => {
    const { query, sort, hint } = request.body;
    return explainSelection(context, request, { filter: query, sort, limit: 1, hint });
  },
};

/** Commands that explain accepts. */
export const EXPLAINABLE_COMMANDS: readonly string[] = Object.keys(EXPLAINABLE).sort();

/**
 * The plan a command would use, and with `executionStats` what running its read touches. Nothing is written. The
 * winning plan's stages: IDHACK, IXSCAN or COLLSCAN below FETCH, and SORT where no index gives the order.
 */
export const explainCommand: Command = {
  writes: false,
  fields: ['verbosity'],
  run(context, request) {
    const typed = request.typed('explain');
    if (!isDocument(typed))
      throw new CommandError('TypeMismatch', "BSON field 'explain' must be a command document");
    const inner = new CommandRequest(encodeDocument({ ...typed, $db: request.db }));
    const explain = EXPLAINABLE[inner.name];
    if (explain === undefined) {
      throw new CommandError('CommandNotFound', `Explain failed due to unknown command: ${inner.name}`);
    }
    const explained = explain(context, inner);
    const winningPlan = describePlan(explained);
    return {
      explainVersion: '1',
      queryPlanner: {
        namespace: `${inner.db}.${String(inner.body[inner.name])}`,
        parsedQuery: explained.filter,
        winningPlan,
        rejectedPlans: [],
      },
      ...(explained.rest !== undefined && explained.rest.length > 0 && { stagesAfterRead: explained.rest }),
      ...(request.body.verbosity !== 'queryPlanner' && {
        executionStats: execute(explained.read, winningPlan),
      }),
      ok: 1,
    };
  },
};

function execute(read: PreparedRead, winningPlan: Doc): Doc {
  let nReturned = 0;
  for (const _ of read.records()) nReturned++;
  return {
    executionSuccess: true,
    nReturned,
    totalKeysExamined: read.stats.keysExamined,
    totalDocsExamined: read.stats.docsExamined,
    executionStages: { ...winningPlan, nReturned },
  };
}

function describePlan({ read, filter, sorts }: Explained): Doc {
  const access = describeAccess(read.plan, filter);
  return sorts && !read.plan.sorted ? { stage: 'SORT', inputStage: access } : access;
}

function describeAccess(plan: Plan, filter: Doc): Doc {
  const direction = plan.reverse ? 'backward' : 'forward';
  const residual = plan.covered || Object.keys(filter).length === 0 ? {} : { filter };
  if (plan.index === undefined) return { stage: 'COLLSCAN', ...residual, direction };
  if (plan.index === null) {
    if (plan.byId) return { stage: 'IDHACK', indexName: '_id_', keyPattern: { _id: 1 } };
    return fetch(residual, { indexName: '_id_', keyPattern: { _id: 1 }, isMultiKey: false, direction }, plan);
  }
  const { spec, multikeyMask } = plan.index;
  const scan = { indexName: spec.name, keyPattern: spec.key, isMultiKey: multikeyMask !== 0, direction };
  return fetch(residual, scan, plan);
}

function fetch(residual: Doc, scan: Doc, plan: Plan): Doc {
  return {
    stage: 'FETCH',
    ...residual,
    inputStage: { stage: 'IXSCAN', ...scan, keyRanges: plan.ranges.length },
  };
}

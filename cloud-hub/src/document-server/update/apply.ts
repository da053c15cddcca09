import { type Doc, getOwn, isDocument, isNumeric, setOwn, typeNameOf } from '../bson/values.js';
import { CommandError } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import type { DocumentTest } from '../query/paths.js';
import { matchedPosition } from '../query/positional.js';
import {
  NEVER_CREATES,
  type OperatorTools,
  PLACE_OPERATORS,
  readTarget,
  removeTarget,
  type Target,
  writeTarget,
} from './operators.js';

export interface UpdateContext extends OperatorTools {
  /** The filter that found the document; decides the positional `$`. */
  readonly filter: Doc;
  readonly arrayFilters: readonly Doc[];
  /** True when the document is being inserted by an upsert: `$setOnInsert` applies. */
  readonly inserting: boolean;
}

interface Step {
  readonly operator: string;
  readonly parts: readonly string[];
  readonly path: string;
  readonly operand: unknown;
}

const NUMERIC = /^\d+$/;
const FILTERED = /^\$\[(\w*)\]$/;
/** Longest array a numeric path component may create by padding. */
const MAX_PADDING = 1_500_000;

/**
 * Applies an update-operator document to `doc`, which it changes. Values keep their BSON types, so decode `doc`
 * and `update` as `typed`.
 * @throws CommandError with MongoDB's codes: unknown operator, conflicting or impossible paths, wrong types
 */
export function applyUpdate(doc: Doc, update: Doc, context: UpdateContext): void {
  const filters = parseArrayFilters(context);
  const steps = parseSteps(update, context);
  refuseConflicts(steps);
  refuseUnusedFilters(filters, steps);
  const walk = new PathWalk(doc, context, filters);
  for (const step of [...steps].sort(byPath)) {
    if (step.operator === RENAME_TARGET) continue;
    if (step.operator === '$rename') walk.rename(step);
    else walk.run(step);
  }
}

const RENAME_TARGET = 'rename target';

function parseSteps(update: Doc, context: UpdateContext): Step[] {
  const steps: Step[] = [];
  for (const [operator, fields] of Object.entries(update)) {
    if (!(operator in PLACE_OPERATORS) && operator !== '$rename') {
      throw new CommandError(
        'FailedToParse',
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    if (!isDocument(fields)) {
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found type ${typeNameOf(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ...}`,
      );
    }
    for (const [path, operand] of Object.entries(fields)) {
      checkPath(path);
      if ((operator === '$inc' || operator === '$mul') && !isNumeric(operand)) {
        const verb = operator === '$inc' ? 'increment' : 'multiply';
        throw new CommandError(
          'TypeMismatch',
          `Cannot ${verb} with non-numeric argument: {${path}: ${typeNameOf(operand)}}`,
        );
      }
      const parts = path.split('.');
      if (operator === '$rename') steps.push(...renameSteps(path, parts, operand));
      else if (operator !== '$setOnInsert' || context.inserting)
        steps.push({ operator, parts, path, operand });
    }
  }
  return steps;
}

function renameSteps(path: string, parts: readonly string[], operand: unknown): Step[] {
  if (typeof operand !== 'string') {
    throw new CommandError('BadValue', `The 'to' field for $rename must be a string: ${path}`);
  }
  checkPath(operand);
  if ([...parts, ...operand.split('.')].some((part) => part.startsWith('$'))) {
    throw new CommandError('BadValue', `The fields of $rename may not be dynamic: ${path}`);
  }
  return [
    { operator: '$rename', parts, path, operand },
    { operator: RENAME_TARGET, parts: operand.split('.'), path: operand, operand },
  ];
}

function checkPath(path: string): void {
  if (path === '') throw new CommandError('EmptyFieldName', 'An empty update path is not valid.');
  const parts = path.split('.');
  if (parts.includes('')) {
    throw new CommandError(
      'EmptyFieldName',
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  }
  const first = parts[0] as string;
  if (first.startsWith('$') && !FILTERED.test(first)) {
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${first}' in '${path}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
    );
  }
}

function refuseConflicts(steps: readonly Step[]): void {
  const paths = steps.map((step) => step.path).sort();
  for (const [i, path] of paths.entries()) {
    const clash = paths.slice(0, i).find((other) => path === other || path.startsWith(`${other}.`));
    if (clash !== undefined) {
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${path}' would create a conflict at '${clash}'`,
      );
    }
  }
}

/** MongoDB creates new fields in lexicographic order of their paths, numeric components by number. */
function byPath(a: Step, b: Step): number {
  for (let i = 0; i < Math.min(a.parts.length, b.parts.length); i++) {
    const [x, y] = [a.parts[i] as string, b.parts[i] as string];
    if (x === y) continue;
    if (NUMERIC.test(x) && NUMERIC.test(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.parts.length - b.parts.length;
}

function parseArrayFilters(context: UpdateContext): Map<string, DocumentTest> {
  const filters = new Map<string, DocumentTest>();
  for (const filter of context.arrayFilters) {
    const names = new Set(topLevelNames(filter));
    const [name] = names;
    if (name === undefined) {
      throw new CommandError(
        'FailedToParse',
        'Cannot use an expression without a top-level field name in arrayFilters',
      );
    }
    if (names.size > 1) {
      throw new CommandError(
        'FailedToParse',
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${[...names].join("' and '")}'`,
      );
    }
    if (filters.has(name)) {
      throw new CommandError(
        'FailedToParse',
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    }
    filters.set(name, compileFilter(filter, context.compileExpression).test);
  }
  return filters;
}

function topLevelNames(filter: Doc): string[] {
  return Object.entries(filter).flatMap(([key, value]) =>
    ['$and', '$or', '$nor'].includes(key) && Array.isArray(value)
      ? value.flatMap((clause) => (isDocument(clause) ? topLevelNames(clause) : []))
      : [key.split('.', 1)[0] as string],
  );
}

function refuseUnusedFilters(filters: ReadonlyMap<string, DocumentTest>, steps: readonly Step[]): void {
  for (const name of filters.keys()) {
    if (!steps.some((step) => step.parts.includes(`$[${name}]`))) {
      throw new CommandError(
        'FailedToParse',
        `The array filter for identifier '${name}' was not used in the update`,
      );
    }
  }
}

/** Follows update paths through one document, creating what is missing on the way. */
class PathWalk {
  private readonly doc: Doc;
  private readonly context: UpdateContext;
  private readonly filters: ReadonlyMap<string, DocumentTest>;

  constructor(doc: Doc, context: UpdateContext, filters: ReadonlyMap<string, DocumentTest>) {
    this.doc = doc;
    this.context = context;
    this.filters = filters;
  }

  run(step: Step): void {
    const operator = PLACE_OPERATORS[step.operator];
    if (operator === undefined) throw new Error(`no operator ${step.operator}`);
    this.visit(this.doc, step.parts, 0, !NEVER_CREATES.has(step.operator), (target) =>
      operator(target, step.operand, this.context),
    );
  }

  rename(step: Step): void {
    let moved: unknown;
    this.visit(this.doc, step.parts, 0, false, (target) => {
      if (Array.isArray(target.container)) {
        throw new CommandError(
          'BadValue',
          `The source field of $rename cannot be an array element: ${step.path}`,
        );
      }
      moved = readTarget(target);
      removeTarget(target);
    });
    if (moved === undefined) return;
    this.visit(this.doc, String(step.operand).split('.'), 0, true, (target) => writeTarget(target, moved));
  }

  private visit(
    container: unknown,
    parts: readonly string[],
    at: number,
    create: boolean,
    act: (target: Target) => void,
  ): void {
    const part = parts[at] as string;
    if (part === '$') {
      this.visit(container, this.resolvePositional(parts, at), at, create, act);
      return;
    }
    const filtered = FILTERED.exec(part);
    if (filtered !== null) {
      this.visitFiltered(container, parts, at, filtered[1] ?? '', create, act);
      return;
    }
    const key = this.keyIn(container, parts, at, create);
    if (key === undefined) return;
    const owner = container as Doc | unknown[];
    if (at === parts.length - 1) {
      act({ container: owner, key, path: parts.join('.') });
      return;
    }
    let child = Array.isArray(owner) ? owner[Number(key)] : getOwn(owner, String(key));
    if (child === undefined) {
      if (!create) return;
      if (parts[at + 1]?.startsWith('$')) throw mustExist(parts.slice(0, at + 1));
      child = {};
      if (Array.isArray(owner)) owner[Number(key)] = child;
      else setOwn(owner, String(key), child);
    }
    this.visit(child, parts, at + 1, create, act);
  }

  /** The key this component names in its container; undefined when there is nothing to change. */
  private keyIn(
    container: unknown,
    parts: readonly string[],
    at: number,
    create: boolean,
  ): string | number | undefined {
    const part = parts[at] as string;
    if (isDocument(container)) return part;
    const isPosition = Array.isArray(container) && NUMERIC.test(part);
    if (!isPosition) {
      if (!create) return undefined;
      throw new CommandError(
        'PathNotViable',
        `Cannot create field '${part}' in element {${parts[at - 1]}: ${typeNameOf(container)}}`,
      );
    }
    const position = Number(part);
    if (position >= container.length) {
      if (!create) return undefined;
      if (position - container.length > MAX_PADDING) {
        throw new CommandError(
          'BadValue',
          `cannot pad the array at '${parts.slice(0, at).join('.')}' to ${position} elements`,
        );
      }
      while (container.length < position) container.push(null);
    }
    return position;
  }

  private resolvePositional(parts: readonly string[], at: number): string[] {
    const path = parts.slice(0, at).join('.');
    const position = matchedPosition(this.doc, path, this.context.filter, this.context.compileExpression);
    if (position < 0) {
      throw new CommandError(
        'BadValue',
        'The positional operator did not find the match needed from the query.',
      );
    }
    return parts.map((part, i) => (i === at ? String(position) : part));
  }

  private visitFiltered(
    container: unknown,
    parts: readonly string[],
    at: number,
    name: string,
    create: boolean,
    act: (target: Target) => void,
  ): void {
    if (container === undefined) throw mustExist(parts.slice(0, at));
    if (!Array.isArray(container)) {
      throw new CommandError(
        'BadValue',
        `Cannot apply array updates to non-array element ${parts[at - 1]}: ${typeNameOf(container)}`,
      );
    }
    const test = name === '' ? undefined : this.filters.get(name);
    if (name !== '' && test === undefined) {
      throw new CommandError(
        'BadValue',
        `No array filter found for identifier '${name}' in path '${parts.join('.')}'`,
      );
    }
    for (let i = 0; i < container.length; i++) {
      if (test !== undefined && !test({ [name]: container[i] })) continue;
      const named = parts.map((part, j) => (j === at ? String(i) : part));
      this.visit(container, named, at, create, act);
    }
  }
}

function mustExist(parts: readonly string[]): CommandError {
  return new CommandError(
    'BadValue',
    `The path '${parts.join('.')}' must exist in the document in order to apply array updates.`,
  );
}

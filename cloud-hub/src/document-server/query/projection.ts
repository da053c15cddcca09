import { type Decoding, readDocument, readFields } from '../bson/raw-document.js';
import {
  type Doc,
  getOwn,
  isDocument,
  isNumeric,
  isOperatorDocument,
  setOwn,
  toNumber,
} from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';
import { type ExpressionCompiler, elementTest } from './filter.js';
import { matchedPosition } from './positional.js';

/** Evaluates an aggregation expression on a document; given by the aggregation side. */
export type ExpressionEvaluator = (expression: unknown, doc: Doc) => unknown;

export interface Projector {
  /** Decode documents as `native` when fields are computed (expressions work on plain numbers), else as `typed`. */
  readonly decoding: Decoding;
  /** Top-level fields that `project` looks at; null = all. */
  readonly fields: readonly Buffer[] | null;
  project(doc: Doc): Doc;
}

export interface ProjectionTools {
  readonly evaluate: ExpressionEvaluator;
  /** Refuses unknown operators before any document is read. */
  readonly check: (expression: unknown) => void;
  readonly compileExpression: ExpressionCompiler;
}

type ArrayStep = (list: unknown[], doc: Doc) => unknown;

interface Node {
  readonly children: Map<string, Node>;
  leaf?: 'keep' | 'drop';
  array?: ArrayStep;
  computed?: unknown;
}

/**
 * Compiles a find projection; undefined when it changes nothing. Handles inclusion, exclusion, `$slice`,
 * `$elemMatch`, the positional `$` and computed fields.
 * @throws CommandError with MongoDB's codes for mixed or malformed projections
 */
export function compileProjection(
  projection: unknown,
  filter: Doc,
  tools: ProjectionTools,
): Projector | undefined {
  if (projection === undefined || projection === null) return undefined;
  if (!isDocument(projection)) throw new CommandError('TypeMismatch', 'projection must be an object');
  const entries = flatten(projection, '');
  if (entries.length === 0) return undefined;
  const root: Node = { children: new Map() };
  let including: boolean | undefined;
  let keepId = true;
  let positional = false;
  for (const [path, value] of entries) {
    const flag = inclusionFlag(value);
    if (path === '_id' && flag !== undefined) {
      keepId = flag;
      continue;
    }
    const node = nodeAt(root, path.endsWith('.$') ? path.slice(0, -2) : path);
    if (path.endsWith('.$')) {
      positional = true;
      node.leaf = 'keep';
      node.array = (list, doc) =>
        list.slice(...around(matchedPosition(doc, path.slice(0, -2), filter, tools.compileExpression)));
      including = decide(including, true, path);
    } else if (flag !== undefined) {
      node.leaf = flag ? 'keep' : 'drop';
      including = decide(including, flag, path);
    } else if (isOperatorDocument(value) && '$slice' in value && !expressionSlice(value.$slice)) {
      node.array = sliceStep(value.$slice);
    } else if (isOperatorDocument(value) && '$elemMatch' in value) {
      const test = elementTest(value.$elemMatch, tools.compileExpression, '$elemMatch');
      node.leaf = 'keep';
      node.array = (list) => {
        const found = list.find((item) => test(item));
        return found === undefined ? undefined : [found];
      };
      including = decide(including, true, path);
    } else if (isOperatorDocument(value) && '$meta' in value) {
      throw notSupported('a $meta projection');
    } else {
      tools.check(value);
      node.computed = value;
      including = decide(including, true, path);
    }
  }
  const onlyId = root.children.size === 0;
  const mode = including ?? (onlyId ? keepId && '_id' in projection : false);
  const project = (doc: Doc): Doc => {
    if (mode) return withId(include(doc, root, doc, tools), doc, keepId);
    const out = exclude(doc, root, doc);
    if (!keepId) delete out._id;
    return out;
  };
  const computed = hasComputed(root);
  return {
    project,
    decoding: computed ? 'native' : 'typed',
    fields: mode && !computed && !positional ? ['_id', ...root.children.keys()].map(nameBytes) : null,
  };
}

const nameBytes = (name: string): Buffer => Buffer.from(name, 'utf8');

/** What `project` looks at of a stored document. */
export function decodeFor({ fields, decoding }: Projector, bytes: Buffer): Doc {
  return fields ? readFields(bytes, fields, decoding) : readDocument(bytes, decoding);
}

function decide(including: boolean | undefined, flag: boolean, path: string): boolean {
  if (including !== undefined && including !== flag) {
    throw new CommandError(
      'Location31254',
      `Cannot do ${flag ? 'inclusion' : 'exclusion'} on field ${path} in ${flag ? 'exclusion' : 'inclusion'} projection`,
    );
  }
  return flag;
}

function around(position: number): [number, number] {
  if (position < 0) {
    throw new CommandError('BadValue', 'positional operator .$ in the projection found no matching element');
  }
  return [position, position + 1];
}

function inclusionFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return isNumeric(value) ? toNumber(value) !== 0 : undefined;
}

/** `{ a: { b: 1 } }` means the same as `{ 'a.b': 1 }`. */
function flatten(projection: Doc, prefix: string): [string, unknown][] {
  return Object.entries(projection).flatMap(([key, value]) => {
    const path = prefix + key;
    if (path === '' || path.startsWith('$')) {
      throw new CommandError('BadValue', `bad field name in projection: "${path}"`);
    }
    if (isDocument(value) && !isOperatorDocument(value)) {
      if (Object.keys(value).length === 0) {
        throw new CommandError('Location31250', `An empty sub-projection is not a valid value: ${path}`);
      }
      return flatten(value, `${path}.`);
    }
    return [[path, value] as [string, unknown]];
  });
}

function nodeAt(root: Node, path: string): Node {
  let node = root;
  for (const part of path.split('.')) {
    if (node.leaf !== undefined && node !== root) {
      throw new CommandError('Location31249', `Path collision at ${path}`);
    }
    const child = node.children.get(part) ?? { children: new Map() };
    node.children.set(part, child);
    node = child;
  }
  if (node.children.size > 0) throw new CommandError('Location31249', `Path collision at ${path}`);
  return node;
}

function expressionSlice(operand: unknown): boolean {
  return Array.isArray(operand) && operand.some((part) => !isNumeric(part));
}

function sliceStep(operand: unknown): ArrayStep {
  const parts = (Array.isArray(operand) ? operand : [operand]).map(toNumber);
  const [first, second] = parts;
  if (first === undefined || parts.length > 2 || parts.some((part) => !Number.isInteger(part))) {
    throw new CommandError('Location28667', '$slice takes a count, or a position and a count');
  }
  if (second === undefined) return (list) => (first >= 0 ? list.slice(0, first) : list.slice(first));
  if (second <= 0) throw new CommandError('Location28667', `$slice count must be positive, found ${second}`);
  return (list) => {
    const start = first >= 0 ? first : Math.max(0, list.length + first);
    return list.slice(start, start + second);
  };
}

function withId(out: Doc, doc: Doc, keepId: boolean): Doc {
  if (!keepId || !Object.hasOwn(doc, '_id') || Object.hasOwn(out, '_id')) return out;
  return { _id: doc._id, ...out };
}

function include(value: Doc, node: Node, root: Doc, tools: ProjectionTools): Doc {
  const out: Doc = {};
  for (const key of Object.keys(value)) {
    const child = node.children.get(key);
    if (child === undefined || child.computed !== undefined) continue;
    const kept = includeField(value[key], child, root, tools);
    if (kept !== undefined) setOwn(out, key, kept);
  }
  for (const [key, child] of node.children) {
    if (child.computed !== undefined) {
      const computed = tools.evaluate(child.computed, root);
      if (computed !== undefined) setOwn(out, key, computed);
    } else if (child.children.size > 0 && !Object.hasOwn(value, key) && hasComputed(child)) {
      setOwn(out, key, include({}, child, root, tools));
    }
  }
  return out;
}

function hasComputed(node: Node): boolean {
  return node.computed !== undefined || [...node.children.values()].some(hasComputed);
}

function includeField(value: unknown, node: Node, root: Doc, tools: ProjectionTools): unknown {
  if (node.array !== undefined) {
    if (Array.isArray(value)) return node.array(value, root);
    return node.leaf === undefined ? undefined : value;
  }
  if (node.leaf === 'keep') return value;
  if (Array.isArray(value)) return includeItems(value, node, root, tools);
  return isDocument(value) ? include(value, node, root, tools) : undefined;
}

function includeItems(list: readonly unknown[], node: Node, root: Doc, tools: ProjectionTools): unknown[] {
  const kept: unknown[] = [];
  for (const item of list) {
    if (isDocument(item)) kept.push(include(item, node, root, tools));
    else if (Array.isArray(item)) kept.push(includeItems(item, node, root, tools));
  }
  return kept;
}

function exclude(value: Doc, node: Node, root: Doc): Doc {
  const out: Doc = {};
  for (const key of Object.keys(value)) {
    const child = node.children.get(key);
    const field = getOwn(value, key);
    if (child === undefined) setOwn(out, key, field);
    else if (child.array !== undefined)
      setOwn(out, key, Array.isArray(field) ? child.array(field, root) : field);
    else if (child.leaf !== 'drop') setOwn(out, key, excludeField(field, child, root));
  }
  return out;
}

function excludeField(value: unknown, node: Node, root: Doc): unknown {
  if (Array.isArray(value)) return value.map((item) => excludeField(item, node, root));
  return isDocument(value) ? exclude(value, node, root) : value;
}

import { type Doc, isDocument, isOperatorDocument, RANK } from '../bson/values.js';
import type { SqliteFile } from '../storage/database.js';
import type { Plan } from './plan.js';

/**
 * "Contains this text" worked out by SQLite on the keys of an index, some twenty times as fast as on each key handed over. Only for
 * texts whose upper and lower case differ in ASCII letters or nowhere: of others SQLite knows less than a regular expression.
 */
export interface Contained {
  readonly text: string;
  readonly anyCase: boolean;
}

const CASE_OF_ASCII = /^[\x20-\x7e\u3000-\u9fff]+$/;
const SPECIAL = new Set(String.raw`.*+?^$(){}|[]\/-`);

/** What a pattern asks for that is a plain text with its special characters escaped; undefined for any other pattern. */
export function containedText(pattern: string, options: string): Contained | undefined {
  if (options !== '' && options !== 'i') return undefined;
  let text = '';
  for (let at = 0; at < pattern.length; at++) {
    const escaped = pattern[at] === '\\';
    if (escaped) at++;
    const character = pattern[at];
    if (character === undefined) return undefined;
    // A dash and a slash mean themselves; `\d` and the like do not.
    if (escaped !== SPECIAL.has(character) && !(character === '-' || character === '/')) return undefined;
    text += character;
  }
  return CASE_OF_ASCII.test(text) ? { text, anyCase: options === 'i' } : undefined;
}

/** SQL that is true where the bytes of `expression` contain the text, and its parameter. */
export function containsSql(
  expression: string,
  { text, anyCase }: Contained,
): { sql: string; needle: string } {
  const lowered = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return anyCase
    ? { sql: `instr(lower(${expression}), ?) > 0`, needle: lowered }
    : { sql: `instr(CAST(${expression} AS TEXT), ?) > 0`, needle: text };
}

/**
 * How many documents match, by their keys alone: for a filter of equalities that the index begins with and one text that its next field
 * contains. Undefined for any other.
 */
export function countContaining(file: SqliteFile, plan: Plan, filter: Doc): number | undefined {
  const { index } = plan;
  const wanted = index ? simple(filter) : undefined;
  if (!index || wanted === undefined || wanted.equal.size !== plan.bounded) return undefined;
  const at = plan.bounded;
  const path = index.fields[at];
  const isPrefix = index.fields.slice(0, at).every((field) => wanted.equal.has(field));
  if (!isPrefix || path !== wanted.path || index.directions[at] !== 1) return undefined;
  // What `a.0` names depends on the document; values of another array may stand in one key with any of this one's.
  if (/(^|\.)\d+(\.|$)/.test(path) || (index.multikeyMask & ~(1 << at)) !== 0) return undefined;
  // Text is its rank, its bytes and 00 01; a zero within it is 00 and something else.
  const { sql, needle } = containsSql(`substr(k, ?, instr(substr(k, ?), X'0001') - 1)`, wanted.contained);
  const rank = RANK.string.toString(16);
  const count = file.prepare(
    `SELECT count(${index.multikeyMask === 0 ? '*' : 'DISTINCT rid'}) AS n FROM x${index.id} ` +
      `WHERE k >= ? AND k < ? AND substr(k, ?, 1) = X'${rank}' AND ${sql}`,
  );
  // A document of several ranges would be counted in each.
  if (plan.ranges.length > 1 && index.multikeyMask !== 0) return undefined;
  return plan.ranges.reduce((sum, { low, high }) => {
    const from = low.length + 2;
    return sum + (count.get(low, high, low.length + 1, from, from, needle) as { n: number }).n;
  }, 0);
}

type Simple = { equal: Set<string>; path: string; contained: Contained };

/** A filter that is nothing but equalities with texts, each path once, and one text to be contained. */
function simple(filter: Doc): Simple | undefined {
  const equal = new Set<string>();
  let contained: { path: string; contained: Contained } | undefined;
  const collect = (part: Doc): boolean =>
    Object.entries(part).every(([path, condition]) => {
      if (path === '$and')
        return Array.isArray(condition) && condition.every((one) => isDocument(one) && collect(one));
      if (path.startsWith('$') || equal.has(path) || contained?.path === path) return false;
      if (isOperatorDocument(condition) && '$regex' in condition) {
        const { $regex, $options = '', ...others } = condition as Doc;
        if (
          contained ||
          typeof $regex !== 'string' ||
          typeof $options !== 'string' ||
          Object.keys(others).length > 0
        )
          return false;
        const found = containedText($regex, $options);
        if (found) contained = { path, contained: found };
        return found !== undefined;
      }
      equal.add(path);
      return isEquality(condition);
    });
  return collect(filter) && contained ? { equal, ...contained } : undefined;
}

function isEquality(condition: unknown): boolean {
  if (typeof condition === 'string') return true;
  if (!isOperatorDocument(condition)) return false;
  const [[name, value] = [], second] = Object.entries(condition);
  if (second !== undefined) return false;
  if (name === '$eq') return typeof value === 'string';
  return name === '$in' && Array.isArray(value) && value.every((one) => typeof one === 'string');
}

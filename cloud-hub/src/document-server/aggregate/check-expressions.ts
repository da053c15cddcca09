import { isDocument } from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';
import { ACCUMULATORS } from './group.js';
import { EXPRESSIONS, REFUSED_EXPRESSIONS, WINDOW_OPERATORS } from './operator-lists.js';

const KNOWN = new Set([...EXPRESSIONS, ...ACCUMULATORS, ...WINDOW_OPERATORS]);

/**
 * Refuses unknown operators anywhere in an expression before it runs, so that an unsupported one is named even when
 * no document reaches it.
 * @throws CommandError CommandNotSupported or InvalidPipelineOperator
 */
export function checkExpression(expression: unknown): void {
  if (Array.isArray(expression)) {
    expression.forEach(checkExpression);
    return;
  }
  if (!isDocument(expression)) return;
  for (const [name, operand] of Object.entries(expression)) {
    if (name.startsWith('$')) {
      if (REFUSED_EXPRESSIONS.includes(name)) throw notSupported(`the expression operator ${name}`);
      if (!KNOWN.has(name))
        throw new CommandError('InvalidPipelineOperator', `Unrecognized expression '${name}'`);
      if (name === '$literal') continue;
    }
    checkExpression(operand);
  }
}

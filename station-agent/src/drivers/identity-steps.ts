import type { PackReading } from '@voltbay/protocol';
import type { Channel, ExchangeOutcome } from './exchange.js';

/** One question about what a pack is, as opposed to how it is. */
export type IdentityStep = { ask(channel: Channel): Promise<ExchangeOutcome<Partial<PackReading>>> };

export type IdentitySteps = {
  /** Asks at most `count` questions that are still open, and gives what is known so far. */
  next(channel: Channel, count: number): Promise<Partial<PackReading>>;
};

/** A question that stays unanswered is dropped after this many tries: not every firmware knows every command. */
const MAX_TRIES = 3;

/**
 * Spreads identity questions over several reads: the first reading must come quickly, and serial numbers do not change while a pack
 * stands in its slot.
 */
export function createIdentitySteps(steps: readonly IdentityStep[]): IdentitySteps {
  const open = steps.map((step) => ({ step, tries: 0 }));
  const known: Partial<PackReading> = {};
  return {
    async next(channel, count) {
      for (let asked = 0; asked < count; asked += 1) {
        const [current] = open;
        if (!current) break;
        const outcome = await current.step.ask(channel);
        current.tries += 1;
        if (outcome.ok) Object.assign(known, outcome.value);
        else if (outcome.reason === 'link-down' || outcome.reason === 'cancelled') break;
        if (outcome.ok || outcome.reason === 'refused' || current.tries >= MAX_TRIES) open.shift();
        else break;
      }
      return { ...known };
    },
  };
}

import { fleetWords } from './fleet.js';
import { insightWords } from './insight.js';
import { moneyWords } from './money.js';
import { peopleWords } from './people.js';
import { sharedWords } from './shared.js';
import { systemWords } from './system.js';

export const WORDS = {
  ...sharedWords,
  ...systemWords,
  ...moneyWords,
  ...fleetWords,
  ...peopleWords,
  ...insightWords,
};

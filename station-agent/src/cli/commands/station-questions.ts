import { addCommand, LIMIT_OPTION, type Register } from '../command-spec.js';
import type { StationOptions } from '../context.js';
import type { Words } from '../language.js';
import type { Question } from '../station-source.js';

type Asking = StationOptions & { limit?: number };

/** Commands that print what the station answers, live or from its database. */
const QUESTIONS: readonly { usage: string; question: Question; summary: Words; limit?: boolean }[] = [
  { usage: 'status', question: 'status', summary: { en: 'how the station is', zh: '站点状态' } },
  {
    usage: 'slots',
    question: 'slots',
    summary: { en: 'doors, locks and packs slot by slot', zh: '各仓位的仓门、锁和电池' },
  },
  {
    usage: 'packs',
    question: 'packs',
    summary: { en: 'last reading of every pack', zh: '每块电池的最近读数' },
  },
  {
    usage: 'commands',
    question: 'commands',
    limit: true,
    summary: { en: 'commands of the hub and what became of them', zh: '云端指令及其结果' },
  },
  {
    usage: 'swaps',
    question: 'swaps',
    limit: true,
    summary: { en: 'swaps at this station, newest first', zh: '本站换电记录（最新在前）' },
  },
];
const QUEUE: typeof QUESTIONS = [
  {
    usage: 'stats',
    question: 'queue-stats',
    summary: { en: 'how many wait, by lane', zh: '各通道待发数量' },
  },
  {
    usage: 'peek',
    question: 'queue-peek',
    limit: true,
    summary: { en: 'the oldest waiting messages', zh: '最早的待发消息' },
  },
  {
    usage: 'quarantine',
    question: 'quarantine',
    limit: true,
    summary: { en: 'messages that the hub refused', zh: '云端拒收的消息' },
  },
];

export const registerStationQuestions: Register = (program, context) => {
  const queue = program
    .command('queue')
    .description(context.t('messages that wait for the hub', '等待上传云端的消息'));
  for (const [parent, prefix, questions] of [
    [program, '', QUESTIONS],
    [queue, 'queue ', QUEUE],
  ] as const)
    for (const { usage, question, summary, limit } of questions)
      addCommand<Asking>(parent, context, {
        usage,
        summary,
        station: true,
        examples: [
          `${prefix}${usage} -c agent.json`,
          `${prefix}${usage} -d var/agent-1231${limit ? ' -n 5' : ''} --json`,
        ],
        ...(limit && { options: [LIMIT_OPTION] }),
        run: async (_, options) => (await import('../questions.js')).ask(question, options, context),
      });
};

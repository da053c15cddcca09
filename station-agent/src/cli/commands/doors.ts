import type { ActOptions } from '../acts.js';
import { addCommand, type OptionSpec, type Register, wholeNumber } from '../command-spec.js';

export const AUDIT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--reason <text>', summary: { en: 'why; goes into the audit', zh: '原因（写入审计）' } },
  {
    flags: '--by <name>',
    summary: { en: 'who does it, instead of this user', zh: '操作人（默认当前用户）' },
  },
  { flags: '-y, --yes', summary: { en: 'do not ask', zh: '不再询问' } },
];

export const registerDoors: Register = (program, context) => {
  const { t } = context;
  addCommand<ActOptions>(program, context, {
    usage: 'open <slot>',
    summary: { en: 'release the door of a slot (audited)', zh: '打开仓门（写入审计）' },
    station: true,
    examples: ['open 3 --reason "stuck pack"', 'open 3 --reason "worn latch" --yes --json'],
    options: AUDIT_OPTIONS,
    run: async (_, options, slot) =>
      (await import('../acts.js')).act(
        {
          command: 'open-slot',
          args: { slot: wholeNumber(1, 512)(slot ?? '') },
          question: t(`Release the door of slot ${slot} now?`, `现在打开 ${slot} 号仓门？`),
        },
        options,
        context,
      ),
  });
  addCommand<ActOptions>(program, context, {
    usage: 'lock <slot>',
    summary: { en: 'lock a closed door again (audited)', zh: '重新锁上已关的仓门（写入审计）' },
    station: true,
    examples: ['lock 3 --reason "after repair"'],
    options: AUDIT_OPTIONS,
    run: async (_, options, slot) =>
      (await import('../acts.js')).act(
        {
          command: 'lock-slot',
          args: { slot: wholeNumber(1, 512)(slot ?? '') },
          question: t(`Lock the door of slot ${slot} now?`, `现在锁上 ${slot} 号仓门？`),
        },
        options,
        context,
      ),
  });
};

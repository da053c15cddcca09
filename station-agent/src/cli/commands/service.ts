import type { ActOptions } from '../acts.js';
import { addCommand, type Register } from '../command-spec.js';
import { AUDIT_OPTIONS } from './doors.js';

export const registerService: Register = (program, context) => {
  const { t } = context;
  addCommand<ActOptions>(program, context, {
    usage: 'offline',
    summary: {
      en: 'take the station out of service until `online` (audited)',
      zh: '站点停止服务，直到执行 online（写入审计）',
    },
    station: true,
    examples: ['offline --reason "cabinet is being repaired"'],
    options: AUDIT_OPTIONS,
    run: async (_, options) =>
      (await import('../acts.js')).act(
        {
          command: 'offline',
          args: {},
          question: t('Take the station out of service now?', '现在让站点停止服务？'),
        },
        options,
        context,
      ),
  });
  addCommand<ActOptions>(program, context, {
    usage: 'online',
    summary: { en: 'bring the station back into service (audited)', zh: '站点恢复服务（写入审计）' },
    station: true,
    examples: ['online --reason "repair done" --yes'],
    options: AUDIT_OPTIONS,
    run: async (_, options) =>
      (await import('../acts.js')).act(
        { command: 'online', args: {}, question: t('Serve riders again now?', '现在恢复服务？') },
        options,
        context,
      ),
  });
};

import { AgentError } from '../../errors.js';
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
    usage: 'maintenance <on|off>',
    summary: {
      en: 'turn riders away and have the doors to yourself, or serve again (audited)',
      zh: '进入或退出维护模式：拒绝骑手换电，仓门由运维操作（写入审计）',
    },
    station: true,
    examples: [
      'maintenance on --reason "new locks in slots 3 and 4"',
      'maintenance off --reason "done" --yes',
    ],
    options: AUDIT_OPTIONS,
    run: async (_, options, wanted) => {
      if (wanted !== 'on' && wanted !== 'off')
        throw new AgentError('BAD_USAGE', t('say on or off', '请写 on 或 off'));
      const on = wanted === 'on';
      const question = on
        ? t('Turn riders away until maintenance is over?', '在维护结束前拒绝骑手换电？')
        : t('Serve riders again now?', '现在恢复服务？');
      return (await import('../acts.js')).act(
        { command: 'maintenance', args: { on }, question },
        options,
        context,
      );
    },
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

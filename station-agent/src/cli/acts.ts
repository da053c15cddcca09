import { AgentError } from '../errors.js';
import { type CliContext, configFileOf, type StationOptions, whoActs } from './context.js';
import { askAgent } from './control-client.js';
import { renderFields } from './questions.js';
import { dataDirOf } from './station-source.js';

export type ActOptions = StationOptions & { reason?: string; by?: string; yes?: boolean };

export type Act = {
  command:
    | 'open-slot'
    | 'lock-slot'
    | 'read-slot'
    | 'offline'
    | 'online'
    | 'update-status'
    | 'update-install'
    | 'update-rollback'
    | 'maintenance'
    | 'rotate';
  args: Readonly<Record<string, unknown>>;
  /** Asked before it is done; `--yes` answers it. Null = harmless. */
  question: string | null;
};

/** Has the running agent do something: with a reason, confirmed, audited. Resolves with the exit code. */
export async function act(
  { command, args, question }: Act,
  options: ActOptions,
  context: CliContext,
): Promise<number> {
  const { output, t } = context;
  const dataDir = dataDirOf({ ...options, config: configFileOf(options, context) });
  if (question !== null && !options.reason?.trim())
    throw new AgentError(
      'BAD_USAGE',
      t('say why: --reason TEXT (it goes into the audit)', '请用 --reason 说明原因（将写入审计）'),
    );
  if (question !== null && !options.yes) {
    if (!context.confirm)
      throw new AgentError(
        'BAD_USAGE',
        t('nobody can be asked here: add --yes', '当前无法交互确认：请加 --yes'),
      );
    if (!(await context.confirm(question))) {
      output.err(t('nothing was done', '未执行任何操作'));
      return 1;
    }
  }
  const audit =
    question === null
      ? {}
      : { who: `technician:${whoActs(options.by, context)}`.slice(0, 64), reason: options.reason };
  const data = await askAgent(dataDir, { command, args: { ...args, ...audit } });
  if (data === null)
    throw new AgentError(
      'NOT_RUNNING',
      t(
        `no agent runs on ${dataDir}; this is done by the running agent only (systemctl start voltbay-agent)`,
        `${dataDir} 上没有运行中的站点程序；此操作只能由运行中的程序执行（systemctl start voltbay-agent）`,
      ),
    );
  output.out(options.json ? JSON.stringify(data, null, 2) : renderFields(data as Record<string, unknown>));
  return 0;
}

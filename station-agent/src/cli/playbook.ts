import { AgentError } from '../errors.js';
import { nearestWord } from '../hardware/nearest-word.js';
import type { CliContext } from './context.js';
import { table } from './output.js';
import { PLAYBOOKS, type Playbook } from './playbooks.js';
import { wrapText } from './text-width.js';

/** `voltbay-agent playbook [fault]`: the list, or the steps for one fault; at a terminal the fault is chosen. */
export async function playbook(
  id: string | undefined,
  options: { json?: boolean },
  context: CliContext,
): Promise<number> {
  const { output, t, widthChars } = context;
  const plain = ({ id: name, title, steps }: Playbook) => ({
    id: name,
    title: t(title.en, title.zh),
    steps: steps.map(({ say, run }) => ({
      text: t(say.en, say.zh),
      ...(run && { run: `voltbay-agent ${run}` }),
    })),
  });
  const chosen = id ?? (options.json ? undefined : await choose(context));
  if (chosen === undefined) {
    output.out(
      options.json
        ? JSON.stringify(PLAYBOOKS.map(plain), null, 2)
        : table(
            PLAYBOOKS,
            [
              { title: t('NAME', '名称'), value: (one) => one.id },
              { title: t('FAULT', '故障'), value: ({ title }) => t(title.en, title.zh) },
            ],
            widthChars,
          ),
    );
    return 0;
  }
  const found = PLAYBOOKS.find((one) => one.id === chosen);
  if (!found) {
    const names = PLAYBOOKS.map((one) => one.id);
    const near = nearestWord(chosen, names);
    throw new AgentError(
      'BAD_USAGE',
      near
        ? `no playbook "${chosen}"; did you mean "${near}"?`
        : `no playbook "${chosen}"; known: ${names.join(', ')}`,
    );
  }
  output.out(options.json ? JSON.stringify(plain(found), null, 2) : renderPlaybook(found, context));
  return 0;
}

export function renderPlaybook(
  { title, steps }: Playbook,
  { t, paint, widthChars }: Pick<CliContext, 't' | 'paint' | 'widthChars'>,
): string {
  const width = Math.min(widthChars, 100);
  const lines = steps.flatMap(({ say, run }, index) => [
    `${String(index + 1).padStart(2)}. ${wrapText(t(say.en, say.zh), width, '    ').trimStart()}`,
    ...(run ? [`    ${paint('cyan', `voltbay-agent ${run}`)}`] : []),
  ]);
  return [paint('bold', t(title.en, title.zh)), '', ...lines].join('\n');
}

async function choose({ confirm, isTerminal, t }: CliContext): Promise<string | undefined> {
  if (!confirm || !isTerminal) return undefined;
  const { select, isCancel } = await import('@clack/prompts');
  const answer = await select({
    message: t('What is wrong?', '出现了什么问题？'),
    options: PLAYBOOKS.map(({ id, title }) => ({ value: id, label: t(title.en, title.zh) })),
  });
  return isCancel(answer) ? undefined : answer;
}

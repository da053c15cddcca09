import { addCommand, type Register } from '../command-spec.js';

export const registerPlaybook: Register = (program, context) => {
  addCommand<{ json?: boolean }>(program, context, {
    usage: 'playbook [fault]',
    summary: { en: 'step by step through the ten commonest faults', zh: '十种常见故障的处理步骤' },
    json: true,
    examples: ['playbook', 'playbook pack-silent', 'playbook door-jam --lang zh'],
    run: async (_, options, fault) => (await import('../playbook.js')).playbook(fault, options, context),
  }).alias('help-me');
};

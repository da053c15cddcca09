import { addCommand, type Register } from '../command-spec.js';
import { completionScript } from '../completion.js';

export const registerCompletion: Register = (program, context) => {
  addCommand<object>(program, context, {
    usage: 'completion <shell>',
    summary: { en: 'a completion script for bash, zsh or fish', zh: '生成 bash、zsh 或 fish 的补全脚本' },
    examples: ['completion bash > /etc/bash_completion.d/voltbay-agent', 'completion fish | source'],
    run(_, __, shell) {
      context.output.out(completionScript(shell ?? '', program));
      return 0;
    },
  });
};

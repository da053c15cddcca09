import { agentVersion } from '../../version.js';
import { addCommand, type Register } from '../command-spec.js';

export const registerVersion: Register = (program, context) => {
  addCommand<{ json?: boolean }>(program, context, {
    usage: 'version',
    summary: { en: 'print the version', zh: '显示版本' },
    examples: ['version', 'version --json'],
    json: true,
    run({ output }, options) {
      const version = agentVersion();
      output.out(options.json ? JSON.stringify({ version, node: process.versions.node }) : version);
      return 0;
    },
  });
};

import { addCommand, type Register } from '../command-spec.js';

export const registerDecode: Register = (program, context) => {
  addCommand<{ json?: boolean }>(program, context, {
    usage: 'decode <file>',
    summary: { en: 'decode a capture file of battery frames', zh: '解析抓包文件中的电池报文' },
    examples: ['decode capture.json', 'decode capture.json --json'],
    json: true,
    async run({ output }, options, file) {
      const { decode } = await import('../decode.js');
      return decode({ file: file ?? '', ...options }, output);
    },
  });
};

import { addCommand, type Register, wholeNumber } from '../command-spec.js';
import type { DoctorOptions } from '../doctor.js';

export const registerDoctor: Register = (program, context) => {
  addCommand<DoctorOptions>(program, context, {
    usage: 'doctor',
    summary: {
      en: 'check the whole station; each trouble with cause and cure',
      zh: '全面检查站点，给出每个问题的原因与处理办法',
    },
    station: true,
    examples: ['doctor -c agent.json', 'doctor --json', 'doctor --min-free 1024'],
    options: [
      {
        flags: '--min-free <MiB>',
        summary: { en: 'free disk space that is needed', zh: '所需磁盘可用空间（MiB）' },
        parse: wholeNumber(1, 1_000_000_000),
      },
      {
        flags: '--min-firmware <version>',
        summary: { en: 'oldest cabinet firmware that is accepted', zh: '可接受的最低换电柜固件版本' },
      },
    ],
    run: async (_, options) => (await import('../doctor.js')).doctor(options, context),
  });
};

import type { ActOptions } from '../acts.js';
import { addCommand, type Register } from '../command-spec.js';
import { AUDIT_OPTIONS } from './doors.js';

export const registerUpdate: Register = (program, context) => {
  const { t } = context;
  const update = program
    .command('update')
    .description(t('which release runs, install one, go back', '查看、安装或回退程序版本'));
  const act = async () => (await import('../acts.js')).act;
  addCommand<ActOptions>(update, context, {
    usage: 'status',
    summary: { en: 'installed releases and the last update', zh: '已安装版本与最近一次更新' },
    station: true,
    examples: ['update status', 'update status --json'],
    run: async (_, options) =>
      (await act())({ command: 'update-status', args: {}, question: null }, options, context),
  });
  addCommand<ActOptions>(update, context, {
    usage: 'install <artifact>',
    summary: {
      en: 'install a signed artifact from a file, between two swaps (audited)',
      zh: '从文件安装已签名的程序包，在两次换电之间切换（写入审计）',
    },
    station: true,
    examples: ['update install voltbay-agent-1.2.0-linux-x64.tgz --reason "no network at this site"'],
    options: AUDIT_OPTIONS,
    run: async (_, options, artifact = '') => {
      const { readSignedArtifact } = await import('../signed-artifact.js');
      const signed = readSignedArtifact(artifact, t);
      const question = t(
        `Install version ${signed.version} and restart the agent?`,
        `安装版本 ${signed.version} 并重启站点程序？`,
      );
      return (await act())(
        { command: 'update-install', args: { update: signed }, question },
        options,
        context,
      );
    },
  });
  addCommand<ActOptions>(update, context, {
    usage: 'rollback',
    summary: { en: 'go back to the release before (audited)', zh: '回退到上一个版本（写入审计）' },
    station: true,
    examples: ['update rollback --reason "readers fail since the update" --yes'],
    options: AUDIT_OPTIONS,
    run: async (_, options) =>
      (await act())(
        {
          command: 'update-rollback',
          args: {},
          question: t('Go back to the release before and restart?', '回退到上一个版本并重启？'),
        },
        options,
        context,
      ),
  });
};

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AgentError } from '../errors.js';

const aboutSchema = z.object({ version: z.string(), sha256: z.string(), signature: z.string() });
export type SignedArtifact = z.infer<typeof aboutSchema> & { file: string };

/** An artifact with the .json that was built beside it. @throws AgentError BAD_USAGE naming what is missing */
export function readSignedArtifact(artifact: string, t: (en: string, zh: string) => string): SignedArtifact {
  const file = resolve(artifact);
  const about = file.replace(/\.tgz$/, '.json');
  if (!existsSync(file) || about === file)
    throw new AgentError('BAD_USAGE', t(`${file} is no .tgz artifact`, `${file} 不是 .tgz 程序包`));
  try {
    return { ...aboutSchema.parse(JSON.parse(readFileSync(about, 'utf8'))), file };
  } catch (error) {
    throw new AgentError(
      'BAD_USAGE',
      t(
        `${about} with version, sha256 and signature is needed beside it (scripts/agent-artifact.mjs --key)`,
        `旁边需要含 version、sha256、signature 的 ${about}（scripts/agent-artifact.mjs --key）`,
      ),
      { cause: error },
    );
  }
}

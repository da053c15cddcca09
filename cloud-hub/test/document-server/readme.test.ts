import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SUPPORTED } from '../../src/document-server/supported.js';

const readme = readFileSync(new URL('../../src/document-server/README.md', import.meta.url), 'utf8');

/** The names in the first paragraph under a heading. */
function listedUnder(heading: string): string[] {
  const [, body] = readme.split(`\n### ${heading}\n`);
  const [paragraph] = (body ?? '').split('\n\n');
  return [...(paragraph ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}

describe('the README of the document server', () => {
  for (const [heading, names] of Object.entries(SUPPORTED)) {
    it(`lists exactly what the code has under "${heading}"`, () => {
      expect(names.length).toBeGreaterThan(0);
      expect(listedUnder(heading).sort()).toEqual([...names].sort());
    });
  }
});

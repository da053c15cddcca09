import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../scripts/check-prebuild.mjs');

test('both native projects are made without a network and ask riders only for what is needed', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--json'], { timeout: 200_000 });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, faults: [] });
}, 240_000);

test('a permission too much and a missing reason are told', async () => {
  const { faultsOf, ANDROID_PERMISSIONS } = (await import(SCRIPT)) as {
    faultsOf: (projects: Record<'manifest' | 'plist' | 'entitlements' | 'strings', string>) => string[];
    ANDROID_PERMISSIONS: string[];
  };
  const asks = [...ANDROID_PERMISSIONS, 'RECORD_AUDIO'].map(
    (name) => `<uses-permission android:name="android.permission.${name}"/>`,
  );
  const faults = faultsOf({
    manifest: `${asks.join('')} android:scheme="voltbay" android:autoVerify="true" android:pathPrefix="/s/"`,
    plist: '<key>NSCameraUsageDescription</key><string>voltbay</string>',
    entitlements: 'applinks: aps-environment',
    strings: 'NSCameraUsageDescription NSLocationWhenInUseUsageDescription',
  });
  expect(faults).toHaveLength(2);
  expect(faults.join('\n')).toContain('RECORD_AUDIO');
});

#!/usr/bin/env node
// Makes both native projects in a folder that is thrown away, without a network, and reads from them what phones will ask riders for.
//
//   node app/scripts/check-prebuild.mjs [--json] [--keep FOLDER]     exit 1 when something is missing, too much, or cannot be made
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const APP = resolve(import.meta.dirname, '..');
const MODULES = resolve(APP, '../node_modules');
/** What prebuild reads. */
const NEEDED = ['app.json', 'package.json', 'assets', 'locales'];
const TIMEOUT_MS = 180_000;

/** What riders may be asked for, and nothing else. */
export const ANDROID_PERMISSIONS = [
  'ACCESS_COARSE_LOCATION',
  'ACCESS_FINE_LOCATION',
  'CAMERA',
  'INTERNET',
  'POST_NOTIFICATIONS',
  'VIBRATE',
];
export const IOS_REASONS = ['NSCameraUsageDescription', 'NSLocationWhenInUseUsageDescription'];

/** Permissions that the manifest asks for; those that it takes out of what libraries ask for are not among them. */
export const permissionsOf = (manifest) =>
  [...manifest.matchAll(/<uses-permission [^>]*android:name="android\.permission\.(\w+)"[^>]*>/g)]
    .filter(([tag]) => !tag.includes('tools:node="remove"'))
    .map(([, name]) => name)
    .sort();
export const reasonsOf = (plist) =>
  [...plist.matchAll(/<key>(NS\w+UsageDescription)<\/key>/g)].map(([, name]) => name).sort();

/** Every way in which the two projects differ from what they should be, in words. */
export function faultsOf({ manifest, plist, entitlements, strings }) {
  const faults = [];
  const same = (what, found, wanted) => {
    if (found.join() !== wanted.join())
      faults.push(`${what}: ${found.join(', ')}; should be ${wanted.join(', ')}`);
  };
  const has = (what, text, part) => {
    if (!text.includes(part)) faults.push(`${what}: no ${part}`);
  };
  same('Android permissions', permissionsOf(manifest), ANDROID_PERMISSIONS);
  same('iOS reasons', reasonsOf(plist), IOS_REASONS);
  has('Android links', manifest, 'android:scheme="voltbay"');
  has('Android links', manifest, 'android:autoVerify="true"');
  has('Android links', manifest, 'android:pathPrefix="/s/"');
  has('iOS links', plist, '<string>voltbay</string>');
  has('iOS links', entitlements, 'applinks:');
  has('iOS push', entitlements, 'aps-environment');
  for (const reason of IOS_REASONS) has('iOS reasons in Chinese', strings, reason);
  return faults;
}

async function makeProjects(folder) {
  const project = join(folder, 'app');
  await mkdir(project, { recursive: true });
  for (const name of NEEDED) await cp(join(APP, name), join(project, name), { recursive: true });
  await symlink(MODULES, join(folder, 'node_modules'), 'dir');
  const cli = join(MODULES, 'expo', 'bin', 'cli');
  const template = join(MODULES, 'expo', 'template.tgz');
  await promisify(execFile)(process.execPath, [cli, 'prebuild', '--no-install', '--template', template], {
    cwd: project,
    timeout: TIMEOUT_MS,
    env: { ...process.env, CI: '1', EXPO_OFFLINE: '1', EXPO_NO_TELEMETRY: '1', EXPO_NO_GIT_STATUS: '1' },
  });
  const read = (...path) => readFile(join(project, ...path), 'utf8');
  return {
    manifest: await read('android', 'app', 'src', 'main', 'AndroidManifest.xml'),
    plist: await read('ios', 'Voltbay', 'Info.plist'),
    entitlements: await read('ios', 'Voltbay', 'Voltbay.entitlements'),
    strings: await read('ios', 'Voltbay', 'Supporting', 'zh-Hans.lproj', 'InfoPlist.strings'),
  };
}

async function main(args) {
  const keepAt = args.indexOf('--keep');
  const keep = keepAt === -1 ? null : args[keepAt + 1];
  const folder = keep ? resolve(keep) : await mkdtemp(join(tmpdir(), 'voltbay-prebuild-'));
  try {
    const projects = await makeProjects(folder);
    const faults = faultsOf(projects);
    const result = {
      ok: faults.length === 0,
      android: permissionsOf(projects.manifest),
      ios: reasonsOf(projects.plist),
      faults,
    };
    console.log(
      args.includes('--json')
        ? JSON.stringify(result)
        : [
            `Android asks for ${result.android.join(', ')}`,
            `iOS asks for ${result.ios.join(', ')}`,
            ...faults,
          ].join('\n'),
    );
    return result.ok ? 0 : 1;
  } catch (error) {
    console.error(`the native projects could not be made: ${error.stderr || error.message}`);
    return 1;
  } finally {
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2));

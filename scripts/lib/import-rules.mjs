// Who may import whom (docs/ARCHITECTURE.md): read from the sources, so that a forbidden arrow fails the check.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, relative } from 'node:path';

/** Packages of ours that each package may import; `only` narrows it to some folders. */
const MAY_IMPORT = {
  protocol: {},
  'station-agent': { protocol: 'anywhere' },
  'cloud-hub': { protocol: 'anywhere' },
  simulators: { protocol: 'anywhere', 'station-agent': 'src/network', 'cloud-hub': 'src/network' },
  admin: { protocol: 'anywhere' },
  app: { protocol: 'anywhere' },
};

/** Folders inside a package that must not know each other: [from, to, why]. */
const FORBIDDEN = [
  [
    'station-agent/src/drivers',
    'station-agent/src/storage',
    'drivers see a transport and a clock, never storage',
  ],
  [
    'station-agent/src/drivers',
    'station-agent/src/uplink',
    'drivers see a transport and a clock, never the uplink',
  ],
  ['station-agent/src/transports', 'station-agent/src/drivers', 'transports move bytes only'],
  ['station-agent/src/swap/plan', 'station-agent/src/storage', 'the swap plan is pure'],
  ['cloud-hub/src/document-server', 'cloud-hub/src/orders', 'the document server knows no feature'],
  ['admin/src/lib', 'admin/src/features', 'lib has no feature knowledge'],
  ['admin/src/components', 'admin/src/features', 'components are presentational'],
  ['app/src/lib', 'app/src/features', 'lib has no feature knowledge'],
  ['app/src/components', 'app/src/features', 'components are presentational'],
];

/** Device simulators encode for themselves: a mirrored codec mistake must not pass. */
const SIMULATED_DEVICES = 'simulators/src/devices';

const BUILTIN = new Set(builtinModules);
const isBuiltin = (name) => name.startsWith('node:') || BUILTIN.has(name.split('/')[0]);

/** @returns {string[]} one line per forbidden import */
export function importProblems(root) {
  const problems = [];
  for (const [name, allowed] of Object.entries(MAY_IMPORT))
    for (const file of sources(join(root, name))) {
      const path = relative(root, file);
      const inTests = /\.test\.tsx?$|(^|\/)(test|e2e)\/|vitest\.config\.ts$/.test(path);
      for (const target of importsOf(readFileSync(file, 'utf8'))) {
        const refuse = (why) => problems.push(`${path}: imports ${target}: ${why}`);
        if (target.startsWith('.')) {
          const to = relative(root, normalize(join(dirname(file), target)));
          if (!to.startsWith(`${name}/`) && !inTests) refuse('leaves the package: use its public entry');
          for (const [from, forbidden, why] of FORBIDDEN)
            if (!inTests && path.startsWith(`${from}/`) && to.startsWith(`${forbidden}/`)) refuse(why);
          continue;
        }
        const own = /^@voltbay\/([^/]+)(\/.*)?$/.exec(target);
        if (own) {
          const [, pkg, sub] = own;
          if (pkg !== name && !(pkg in allowed) && !inTests) refuse(`${name} may not know ${pkg}`);
          const only = allowed[pkg];
          if (only && only !== 'anywhere' && !inTests && !path.startsWith(`${name}/${only}/`))
            refuse(`only ${only} may`);
          if (sub && pkg !== 'protocol') refuse('no deep imports');
          if (path.startsWith(`${SIMULATED_DEVICES}/`) && !inTests && sub === '/devices')
            refuse('simulated devices encode for themselves');
        } else if (name === 'protocol' && !inTests && (isBuiltin(target) || target !== 'zod'))
          refuse('protocol is pure: zod only');
      }
    }
  return [...problems, ...featureProblems(root)];
}

/** UI features do not import each other. */
function featureProblems(root) {
  const problems = [];
  for (const name of ['admin', 'app'])
    for (const file of sources(join(root, name, 'src', 'features'))) {
      const feature = relative(join(root, name, 'src', 'features'), file).split('/')[0];
      for (const target of importsOf(readFileSync(file, 'utf8'))) {
        if (!target.startsWith('.')) continue;
        const to = relative(join(root, name, 'src', 'features'), normalize(join(dirname(file), target)));
        if (!to.startsWith('..') && to.split('/')[0] !== feature)
          problems.push(`${relative(root, file)}: imports ${target}: features do not import each other`);
      }
    }
  return problems;
}

function* sources(folder) {
  let names;
  try {
    names = readdirSync(folder).sort();
  } catch {
    return;
  }
  for (const name of names) {
    if (['node_modules', 'dist', '.expo', 'android', 'ios', 'generated'].includes(name)) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield path;
  }
}

const importsOf = (text) =>
  [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3]);

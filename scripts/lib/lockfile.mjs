// What a lockfile must hold for `npm ci` to accept it.

/** Optional dependencies of locked packages that have no entry of their own: [{path, name, version, dev}]. */
export function missingOptional(lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages))
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {}))
      if (!resolves(lock.packages, path, name))
        missing.push({ path: `node_modules/${name}`, name, version, dev: entry.dev === true });
  return missing;
}

function resolves(packages, from, name) {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('node_modules/') - 1))) {
    if (packages[`${place ? `${place}/` : ''}node_modules/${name}`]) return true;
    if (!place.includes('node_modules/')) return place !== '' && Boolean(packages[`node_modules/${name}`]);
  }
}

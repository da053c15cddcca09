const { getDefaultConfig } = require('expo/metro-config');

const config = getDefaultConfig(__dirname);

// The QR decoder of the browser build is an asset of ours, not a download.
config.resolver.assetExts.push('wasm');

/** Our ESM sources import './x.js' where './x.ts' or './x.web.tsx' stands; Metro does not map that by itself. */
config.resolver.resolveRequest = (context, name, platform) => {
  const ours = !context.originModulePath.includes('/node_modules/');
  if (ours && /^\.{1,2}\//.test(name) && name.endsWith('.js')) {
    try {
      return context.resolveRequest(context, name.slice(0, -3), platform);
    } catch {
      // A real .js file, as in the built protocol package.
    }
  }
  return context.resolveRequest(context, name, platform);
};

module.exports = config;

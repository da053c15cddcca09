import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/**
 * A file of a folder; null when there is none, or the path leaves the folder. Files with a content hash in the name may be kept for
 * ever, all others are asked for again.
 */
export async function serveFile(root: string, path: string): Promise<Response | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (decoded.includes('\0')) return null;
  const file = normalize(join(root, decoded));
  if (file !== root && !file.startsWith(root.endsWith(sep) ? root : root + sep)) return null;
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return null;
  const hashed = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(file) && /\/(assets|_expo|static)\//.test(file);
  return new Response(Readable.toWeb(createReadStream(file)) as ReadableStream, {
    headers: {
      'Content-Type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'Content-Length': String(found.size),
      'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  });
}

/** A single-page application: its files, and `index.html` for every path of it that is no file. */
export async function servePages(root: string, path: string): Promise<Response | null> {
  const file = path === '' || path.endsWith('/') ? null : await serveFile(root, path);
  if (file) return file;
  if (/\.[a-z0-9]{1,8}$/i.test(path) && !path.endsWith('.html')) return null;
  // Static exports have a page per path; the others have one page for all.
  const nested = path.replace(/\/+$/, '');
  return (
    (nested ? await serveFile(root, `${nested}.html`) : null) ??
    (nested ? await serveFile(root, `${nested}/index.html`) : null) ??
    serveFile(root, 'index.html')
  );
}

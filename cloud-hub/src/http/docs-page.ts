import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { serveFile } from './static-files.js';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Voltbay API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>
window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
</script>
</body>
</html>
`;
const FILES = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'favicon-16x16.png']);

/** Swagger UI from the installed package: nothing is loaded from another host. */
export async function docsPage(path: string): Promise<Response | null> {
  if (path === '' || path === 'index.html')
    return new Response(PAGE, {
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache' },
    });
  if (!FILES.has(path)) return null;
  const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return serveFile(root, path);
}

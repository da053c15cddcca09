// A document server of the hub's kind, alone in a process.
import { startDocumentServer } from '../../../cloud-hub/dist/document-server/index.js';

const { file } = JSON.parse(process.argv[2]);
const server = await startDocumentServer({ file });
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ ready: true, uri: server.uri })}\n`);

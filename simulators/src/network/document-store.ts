export { startDocumentServer } from '@voltbay/cloud-hub';

export { InvoicesScreen as default } from '../../features/wallet/invoices-screen.js';

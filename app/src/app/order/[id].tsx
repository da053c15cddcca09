export { OrderScreen as default } from '../../features/orders/order-screen.js';

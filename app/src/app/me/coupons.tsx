export { CouponsScreen as default } from '../../features/plans/coupons-screen.js';

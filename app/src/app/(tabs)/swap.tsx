export { SwapScreen as default } from '../../features/swap/swap-screen.js';

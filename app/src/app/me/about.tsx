export { AboutScreen as default } from '../../features/account/about-screen.js';

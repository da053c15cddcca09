export { PrivacyScreen as default } from '../../features/account/privacy-screen.js';

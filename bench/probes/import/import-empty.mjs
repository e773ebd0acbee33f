import './wrapper.mjs';

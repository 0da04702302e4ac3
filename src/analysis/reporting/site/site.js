// What the other scripts share: the page's data and words, and the choices a reader carries to the other language.
"use strict";

document.documentElement.classList.add("js");

const site = JSON.parse(document.getElementById("site-data").textContent);
const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];

function say(key, fields = {}) {
  return site.text[key].replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? fields[name] : whole));
}

function make(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

// Choices stand after the # of the links to the other languages: index.en.html#search=river&sort=communities
const choices = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

function remember(name, value) {
  if (value) choices.set(name, value);
  else choices.delete(name);
  for (const link of all("a.language")) link.hash = choices.toString();
}

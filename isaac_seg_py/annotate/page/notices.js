// What went wrong is said in words, until something goes well again.

const by = (id) => document.getElementById(id);

export function tell(error) {
  by('problem').textContent = error ? error.message : '';
  by('problem').hidden = !error;
}

// Return what the work gives; null, once it is told, where it fails.
export async function attempt(work) {
  try {
    const answer = await work();
    tell(answer?.problem ? new Error(answer.problem) : null);
    if (answer?.saved) fileIs('Saved in', answer.saved);
    return answer;
  } catch (error) {
    tell(error);
    return null;
  }
}

export function fileIs(words, path) {
  by('saved').textContent = `${words} ${path.split('/').pop()}`;
  by('saved').title = path;
}

// What is known of the object in work, or what to do.
export function wordsOf({ found, isOpen, object }, following, readiness) {
  if (found) {
    return `${found.area} pixels, score ${found.score.toFixed(2)}, `
      + `stability ${found.stability.toFixed(2)}, ${found.ms.toFixed(0)} ms`;
  }
  if (isOpen) return 'Looking…';
  if (object) return `Editing ${object.name}: clicks change it, Esc ends that.`;
  if (following) return 'Following. Esc or a click stops.';
  return readiness || 'Click on an object, or drag a box around it.';
}

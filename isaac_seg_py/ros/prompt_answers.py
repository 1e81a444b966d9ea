"""How Segment Anything answers a question on an image: by a reply, or on the topics."""

from __future__ import annotations

from dataclasses import replace

from .prompt_classes import ClassNumbers
from .prompt_desk import Tell
from .prompt_images import Encoded, Image
from .prompt_outputs import named, response_of
from .prompt_questions import Question
from .prompted_node import PromptedNode
from ..errors import PromptError
from ..families.sam import PromptedNetwork
from ..geometry import View
from ..prompts import Prompt


class PromptAnswers:
    """
    Has the network of a node answer questions.

    An image is encoded when the first question means it, and then no more.
    """

    def __init__(self, node: PromptedNode, network: PromptedNetwork, embeddings: int) -> None:
        """Take the node, its network, and how many embeddings are kept."""
        self._node, self._network = node, network
        self._encoded = Encoded(network, embeddings)
        self.classes = ClassNumbers(node.looks.class_names)
        self.count = 0

    def __call__(self, question: Question, image: Image, tell: Tell) -> bool:
        """Answer a question where anybody listens; prompts that make no sense are told."""
        objects, looks = self._node.objects, self._node.looks
        if not (question.reply or objects.are_wanted):
            return False
        seen = self._encoded(image)
        prompts = self._prompts(question, seen.view, tell)
        answer = self._network.predict(seen, prompts)
        self.count += len(prompts)
        found = named(answer.objects, self.classes.names)
        if question.reply:
            question.reply.give(response_of(image.header, question, answer, found, looks.look))
        else:
            objects.publish(image, found, looks.look, looks.alpha)
        return True

    def _prompts(self, question: Question, view: View, tell: Tell) -> list[Prompt]:
        """Return the prompts that make sense; a request is refused as a whole."""
        prompts, told = [], []
        for one in question.asked:
            try:
                prompts.append(one.prompt(view, self._network.mask_size))
                told.append(one.class_id)
            except PromptError as error:
                if question.reply:
                    raise
                tell('bad prompt', error)
        # What is refused leaves no classes behind.
        numbers = self.classes.numbers(told)
        return [replace(one, class_id=n) for one, n in zip(prompts, numbers, strict=True)]

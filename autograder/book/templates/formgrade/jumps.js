// The list of questions: a jump goes to the question's score, "Prev" and "Next" to the same one of another submission.
$(window).on("load", () => {
  const link = (name) => $(`#jumps a[href='#${$.escapeSelector(name)}']`);
  const show = (grade) => {
    const changed = grade.get("manual_score") !== null ? "changed since marked" : "waits for you";
    link(grade.get("name")).find(".state").text(grade.get("needs_manual_grade") ? changed : "");
  };
  formgrader.grades.on("sync", () => formgrader.grades.each(show)); // what the gradebook has, not what is being typed
  $("#jumps a").on("click", function (event) {
    event.preventDefault();
    $(document.getElementById(this.hash.slice(1))).select().focus();
  });
  $("li.previous a, li.next a").on("click", function () {
    this.search = `?index=${formgrader.current_index || 0}`;
  });
});
